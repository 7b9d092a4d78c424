import { join } from 'node:path';
import { Activity } from './activity.ts';
import { localPlace, roleArn } from './assembly/place.ts';
import { Deliveries } from './deliveries.ts';
import { onEachDay } from './each-day.ts';
import { type Engine, type EngineOptions, outputsOf } from './engine.ts';
import { invocationsOf } from './events/rules.ts';
import { Front } from './front/front.ts';
import type { Call } from './front/service.ts';
import { invoke, type Targets } from './invocations.ts';
import { newToken, removeCard, writeCard } from './joining/card.ts';
import { Control } from './joining/control.ts';
import { DirectoryLock } from './joining/directory-lock.ts';
import { JsonLines } from './json-lines.ts';
import { keysAndSecrets } from './keys-and-secrets.ts';
import { Functions } from './lambda/functions.ts';
import { loadAssembly } from './load.ts';
import { LogFiles } from './logs/log-files.ts';
import { Authorizer } from './policies/authorizer.ts';
import { guarded } from './policies/guard.ts';
import { nameOfRole, sessionOf } from './policies/principal.ts';
import { Refusals } from './policies/refusals.ts';
import type { Permit } from './policies/right.ts';
import { commandRights } from './policies/rights/commands.ts';
import { agentsWritingRights, writingRights } from './policies/rights/logs.ts';
import { statesRights } from './policies/rights/states.ts';
import { targetRights } from './policies/rights/targets.ts';
import { roleLogs } from './policies/role-logs.ts';
import { type Credentials, callerEnvironment, Principals } from './principals.ts';
import { reportOf } from './report.ts';
import type { RequestRecord } from './s3/request-record.ts';
import { createS3 } from './s3/service.ts';
import { SharedSchedules } from './schedule/shared-schedules.ts';
import { servicesOf } from './services.ts';
import { authenticate, type SignedRequest } from './signature.ts';
import { Topics } from './sns/topics.ts';
import { createSsm } from './ssm/ssm.ts';
import { identityApi } from './stacks/identity-api.ts';
import { ExecutionStore } from './states-service/execution-store.ts';
import { Executions } from './states-service/executions.ts';
import { integrationNames, integrations, taskPerformer } from './states-service/integrations.ts';
import { statesApi } from './states-service/states-api.ts';
import type { PlatformEvent } from './states-service/status-event.ts';
import { within } from './within.ts';

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
  const { directory, region = 'us-east-1', joinedGrace = dayMilliseconds, replicates = true } = options;
  const state = join(directory, 'engine');
  const loaded = loadAssembly(options.assembly, region, integrationNames);
  const place = localPlace(region, directory);
  const activity = new Activity();
  const logs = new LogFiles(join(state, 'logs'), loaded.logGroups);

  const principals = new Principals();
  const operator = principals.credentialsOf(`arn:${place.partition}:iam::${place.account}:user/operator`);
  const { roleName } = options.hostCommands;
  const hostRole = loaded.roleArns.find((arn) => nameOfRole(arn) === roleName) ?? roleArn(place, roleName);
  const hostSession = options.hostCommands.instanceId;
  principals.credentialsOf(hostRole, hostSession);
  for (const role of loaded.roleArns) principals.credentialsOf(role);
  const check = (request: SignedRequest) => authenticate(request, (key) => principals.lookup(key), new Date());
  const refusals = new JsonLines(join(state, 'refusals.jsonl'));
  opened.push(() => refusals.close());
  const authorizer = new Authorizer(place, loaded.policies, new Refusals(refusals));
  const permit: Permit = (...call) => authorizer.permit(...call);

  const { requireKey, services: keeping } = keysAndSecrets(loaded, state, permit);
  const observe = loaded.trails.length === 0 ? undefined : (record: RequestRecord) => deliveries.observe(record);
  const s3 = createS3({
    directory: join(directory, 's3'),
    authenticate: check,
    authorize: ({ principal, context }, rights) => permit(principal, rights, context),
    authorizeRole: (role, rights) => permit(sessionOf(role, 's3-replication'), rights),
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
    logsOf: (role) => roleLogs(logs, sessionOf(role, nameOfRole(role)), (...of) => writingRights(place, ...of), permit),
    activity,
  });
  opened.push(() => functions.close());

  const rightsOf = (arn: string) => targetRights(place, topics, arn);
  const targets: Targets = { executions: () => executions, functions, topics, activity, permit, rightsOf, undelivered };
  const states: Call = guarded('Step Functions', (...call) => statesApi(executions, place)(...call), statesRights(place), permit);
  const commands: Call = guarded('SSM', (action, parameters) => ssm.call(action, parameters), commandRights(place), permit);
  const services = { functions, topics, states, commands, permit };
  const deliver = async (event: PlatformEvent): Promise<void> => {
    await Promise.all(invocationsOf(loaded.rules, event).map((invocation) => invoke(targets, invocation)));
  };
  const executions: Executions = new Executions({
    place,
    machines: loaded.machines,
    store,
    performTask: taskPerformer(integrations({ ...services, place, executions: () => executions })),
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
      ...servicesOf({
        ...services,
        assembly: loaded.assembly,
        identity: identityApi(place, principals, loaded.longestSessions),
        logs,
        schedules: loaded.schedules,
      }),
      ...keeping,
    },
    s3: (request, response) => s3.handle(request, response),
    control: (request, response) => control.handler(controlled)(request, response),
  });
  opened.push(() => front.close());

  const ssm = createSsm({
    documents: loaded.documents,
    host: options.hostCommands,
    logs: roleLogs(logs, sessionOf(hostRole, hostSession), (...of) => agentsWritingRights(place, ...of), permit),
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
    // Rules may have set something going about what was delivered.
    await activity.idle();
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
    await control.close(joinedGrace);
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
  if (replicates) opened.push(await s3.startReplication());
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
