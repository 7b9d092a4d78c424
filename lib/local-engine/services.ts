import type { Assembly } from './assembly/read-assembly.ts';
import { jsonService } from './front/json-protocol.ts';
import { queryService } from './front/query-protocol.ts';
import type { Call, Service } from './front/service.ts';
import type { Functions } from './lambda/functions.ts';
import { invokeService } from './lambda/invoke-api.ts';
import type { LogFiles } from './logs/log-files.ts';
import { logsApi } from './logs/logs-api.ts';
import { guarded, guardedPaths } from './policies/guard.ts';
import type { Permit } from './policies/right.ts';
import { functionRights } from './policies/rights/functions.ts';
import { identityRights } from './policies/rights/identity.ts';
import { logsRights } from './policies/rights/logs.ts';
import { scheduleRights } from './policies/rights/schedules.ts';
import { stackRights } from './policies/rights/stacks.ts';
import { topicRights } from './policies/rights/topics.ts';
import { scheduleService } from './schedule/schedule-api.ts';
import type { Schedule } from './schedule/schedules.ts';
import type { Topics } from './sns/topics.ts';
import { stacksApi } from './stacks/stacks-api.ts';

export interface ServiceParts {
  assembly: Assembly;
  permit: Permit;
  /** Both guarded already: state machines call them too. */
  states: Call;
  commands: Call;
  identity: Call;
  logs: LogFiles;
  topics: Topics;
  schedules: Schedule[];
  functions: Functions;
}

/** The services of the front by the names that clients sign with, each behind the check of its caller's rights. */
export function servicesOf(parts: ServiceParts): Record<string, Service> {
  const { assembly, permit, states, commands, identity, logs, topics, schedules, functions } = parts;
  const { place } = assembly;
  const publish: Call = (action, parameters) => topics.call(action, parameters);
  const queryDenied = { code: 'AccessDenied', status: 403 };
  const topicDenied = { code: 'AuthorizationError', status: 403 };
  return {
    states: jsonService({ version: '1.0', target: 'AWSStepFunctions', call: states }),
    ssm: jsonService({ version: '1.1', target: 'AmazonSSM', call: commands }),
    logs: jsonService({
      version: '1.1',
      target: 'Logs_20140328',
      call: guarded('CloudWatch Logs', logsApi(logs, place), logsRights(place), permit),
    }),
    sns: queryService({
      namespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
      call: guarded('SNS', publish, topicRights(place, topics), permit, topicDenied),
    }),
    sts: queryService({
      namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
      call: guarded('STS', identity, identityRights, permit, queryDenied),
    }),
    cloudformation: queryService({
      namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
      call: guarded('CloudFormation', stacksApi(assembly), stackRights(assembly), permit, queryDenied),
    }),
    scheduler: guardedPaths(scheduleService(schedules), scheduleRights(place), permit),
    lambda: guardedPaths(invokeService(functions), functionRights(place), permit),
  };
}
