import { join } from 'node:path';
import { Activity } from './activity.ts';
import { localPlace, roleArn } from './assembly/place.ts';
import { Deliveries } from './deliveries.ts';
import { onEachDay } from './each-day.ts';
import { type Engine, type EngineOptions, outputsOf } from './engine.ts';
import { invocationsOf } from './events/rules.ts';
import { Front } from './front/front.ts';
import { jsonService } from './front/json-protocol.ts';
import { queryService } from './front/query-protocol.ts';
import { invoke, type Targets } from './invocations.ts';
import { newToken, removeCard, writeCard } from './joining/card.ts';
import { Control } from './joining/control.ts';
import { DirectoryLock } from './joining/directory-lock.ts';
import { JsonLines } from './json-lines.ts';
import { keysAndSecrets } from './keys-and-secrets.ts';
import { Functions } from './lambda/functions.ts';
import { invokeService } from './lambda/invoke-api.ts';
import { loadAssembly } from './load.ts';
import { LogFiles } from './logs/log-files.ts';
import { logsApi } from './logs/logs-api.ts';
import { type Credentials, callerEnvironment, Principals } from './principals.ts';
import { reportOf } from './report.ts';
import type { RequestRecord } from './s3/request-record.ts';
import { createS3 } from './s3/service.ts';
import { scheduleService } from './schedule/schedule-api.ts';
import { SharedSchedules } from './schedule/shared-schedules.ts';
import { authenticate, type SignedRequest } from './signature.ts';
import { Topics } from './sns/topics.ts';
import { createSsm } from './ssm/ssm.ts';
import { identityApi } from './stacks/identity-api.ts';
import { stacksApi } from './stacks/stacks-api.ts';
import { ExecutionStore } from './states-service/execution-store.ts';
import { Executions } from './states-service/executions.ts';
import { integrationNames, integrations, taskPerformer } from './states-service/integrations.ts';
import { statesApi } from './states-service/states-api.ts';
import type { PlatformEvent } from './states-service/status-event.ts';

const dayMilliseconds = 24 * 60 * 60 * 1000;
/** How long `close` lets rules react to the executions that it stopped; what is left then is told again at the next start. */
const reactionMilliseconds = 60_000;

/**
 * Starts the engine on a directory. Executions that a killed engine left open have become ABORTED, and what rules do about that has
 * been done, when it returns.
 * @throws AssemblyRefused · Error `EngineRunning` when a process, also this one, already runs an engine on this directory
 */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const lock = DirectoryLock.acquire(join(options.directory, 'engine'));
  if (!(lock instanceof DirectoryLock)) {
    const message = `Process ${lock.heldBy} already runs an engine on ${options.directory}.`;
    throw Object.assign(new Error(message), { name: 'EngineRunning' });
  }
  return startWithLock(options, lock);
}

/** Starts the engine for a caller who holds the directory's lock; gives the lock up when the start fails. */
export async function startWithLock(options: EngineOptions, lock: DirectoryLock): Promise<Engine> {
  const opened: (() => void | Promise<void>)[] = [() => lock.release()];
  try {
    return await start(options, opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** Opens one part after the other; each adds how it is closed, and the last opened closes first. */
async function start(options: EngineOptions, opened: (() => void | Promise<void>)[]): Promise<Engine> {
  const { directory, region = 'us-east-1', joinedGrace = dayMilliseconds } = options;
  const state = join(directory, 'engine');
  const loaded = loadAssembly(options.assembly, region, integrationNames);
  const place = localPlace(region, directory);
  const activity = new Activity();
  const logs = new LogFiles(join(state, 'logs'), loaded.logGroups);

  const principals = new Principals();
  const operator = principals.credentialsOf(`arn:${place.partition}:iam::${place.account}:user/operator`);
  const hostRole = roleArn(place, options.hostCommands.roleName);
  for (const role of [...loaded.roleArns, hostRole]) principals.credentialsOf(role);
  const check = (request: SignedRequest) => authenticate(request, (key) => principals.lookup(key), new Date());

  const { requireKey, services: keeping } = keysAndSecrets(loaded, state);
  const observe = loaded.trails.length === 0 ? undefined : (record: RequestRecord) => deliveries.observe(record);
  const s3 = createS3({
    directory: join(directory, 's3'),
    authenticate: check,
    region,
    account: place.account,
    requireKey,
    observe,
    background: (work) => activity.during(work),
  });
  for (const { name, properties, region: where } of loaded.buckets) await s3.createBucket(name, properties, where);

  const topics = new Topics(loaded.topics, join(directory, 'outbox'));
  const undelivered = new JsonLines(join(state, 'undelivered.jsonl'));
  opened.push(() => undelivered.close());
  const store = new ExecutionStore(join(state, 'executions'));
  opened.push(() => store.close());
  const functions = new Functions({
    specs: loaded.functions,
    environmentOf: (role) => ({
      ...callerEnvironment(principals.credentialsOf(role), front.endpoint, region),
      NODE_COMPILE_CACHE: join(directory, 'compile-cache'),
    }),
    logs,
    activity,
  });
  opened.push(() => functions.close());

  const targets: Targets = { executions: () => executions, functions, topics, activity, undelivered };
  const states = (...call: Parameters<ReturnType<typeof statesApi>>) => statesApi(executions, place)(...call);
  const commands = (action: string, parameters: unknown) => ssm.call(action, parameters);
  const deliver = async (event: PlatformEvent): Promise<void> => {
    await Promise.all(invocationsOf(loaded.rules, event).map((invocation) => invoke(targets, invocation)));
  };
  const executions: Executions = new Executions({
    place,
    machines: loaded.machines,
    store,
    performTask: taskPerformer(integrations({ place, executions: () => executions, functions, topics, states, commands })),
    deliver,
    activity,
  });

  const deliveries: Deliveries = await Deliveries.open(s3, activity, {
    trails: loaded.trails,
    account: place.account,
    folder: join(state, 'trails'),
    regionOf: (bucket) => s3.regionOf(bucket) ?? region,
    requireKey,
    deliver,
  });
  opened.push(() => deliveries.stop());

  const token = newToken();
  const control = new Control(token);
  const ready = Promise.withResolvers<void>();
  const front: Front = await Front.open({
    authenticate: check,
    services: {
      states: jsonService({ version: '1.0', target: 'AWSStepFunctions', call: states }),
      ssm: jsonService({ version: '1.1', target: 'AmazonSSM', call: commands }),
      logs: jsonService({ version: '1.1', target: 'Logs_20140328', call: logsApi(logs, place) }),
      sns: queryService({
        namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
        call: (action, parameters) => topics.call(action, parameters),
      }),
      sts: queryService({ namespace: 'https://sts.amazonaws.com/doc/2011-06-15/', call: identityApi(place) }),
      cloudformation: queryService({
        namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
        call: stacksApi(loaded.assembly),
      }),
      scheduler: scheduleService(loaded.schedules),
      lambda: invokeService(functions),
      ...keeping,
    },
    s3: (request, response) => s3.handle(request, response),
    control: (request, response) => control.handler(controlled)(request, response),
  });
  opened.push(() => front.close());

  const ssm = createSsm({
    documents: loaded.documents,
    host: options.hostCommands,
    logs,
    directory: state,
    hostEnvironment: callerEnvironment(principals.credentialsOf(hostRole), front.endpoint, region),
  });
  opened.push(() => ssm.close());

  const schedules = new SharedSchedules(loaded.schedules, (invocation) => void invoke(targets, invocation));
  opened.push(() => schedules.close());
  const outputs = Object.fromEntries(
    loaded.assembly.stacks.map((stack) => [stack.name, Object.fromEntries(stack.outputs.map(({ key, value }) => [key, value]))]),
  );
  const report = reportOf(loaded);
  const idle = async (): Promise<void> => {
    await activity.idle();
    await ssm.idle();
    await deliveries.deliver();
  };
  const credentialsFor = (role: string): Credentials => principals.named(role);
  const controlled = {
    introduce: async () => {
      await ready.promise;
      return { digest: loaded.assembly.digest, outputs, report };
    },
    credentialsFor,
    idle,
    runSchedules: (signal: AbortSignal) => schedules.run(signal),
  };

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await within(joinedGrace, control.everyoneLeft());
    removeCard(directory);
    await executions.stopAll('EngineClosed', 'The engine was closed.');
    await within(reactionMilliseconds, idle());
    executions.refuse('The engine is closing');
    await executions.stopAll('EngineClosed', 'The engine was closed.');
    await closeAll(opened);
  };

  writeCard(directory, { pid: process.pid, endpoint: front.endpoint, region, operator, token });
  opened.push(() => removeCard(directory));
  executions.recover();
  await idle();
  const lifecycle = () => s3.carryOutLifecycle().catch((error: Error) => process.stderr.write(`local engine: ${error.stack}\n`));
  await lifecycle();
  opened.push(await s3.startReplication());
  opened.push(onEachDay(() => void activity.during(lifecycle)));
  ready.resolve();

  return {
    endpoint: front.endpoint,
    region,
    operatorCredentials: operator,
    report,
    outputs: (stackName) => outputsOf(outputs, stackName),
    objectFile: (bucket, key, versionId) => s3.locate(bucket, key, versionId),
    credentialsFor: async (role) => credentialsFor(role),
    idle,
    runSchedules: (signal) => schedules.run(signal),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

async function closeAll(opened: (() => void | Promise<void>)[]): Promise<void> {
  for (let close = opened.pop(); close !== undefined; close = opened.pop()) await close();
}

/** Waits for something, but not longer than a time in milliseconds. */
async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
