import * as is from './checks.ts';
import { type Check, checkRecord, isRecord, type Report } from './checks.ts';
import type { Readable } from './expression.ts';

/** Every field that an object may have, with its check; `required` ones must be there. */
type Fields = Record<string, { check: Check; required?: boolean }>;

/** Fields that AWS knows but JSONata mode does not: the query language of before 2024. */
const JSONPATH_FIELDS =
  /^(InputPath|OutputPath|ResultPath|ResultSelector|Parameters|Result|Variable|(Items|MaxConcurrency|Seconds|Timestamp|TimeoutSeconds|HeartbeatSeconds|Error|Cause)Path)$/;
/** Fields that AWS knows in JSONata mode but this engine does not carry out. */
const UNSUPPORTED_FIELDS = /^(ItemReader|ResultWriter|ItemBatcher|Tolerated\w+|Credentials|Label|Iterator|ExecutionType)$/;

/** Reports missing and unknown fields of an object and checks the others. */
export function checkFields(object: Record<string, unknown>, fields: Fields, path: string, report: Report): void {
  for (const [name, { required }] of Object.entries(fields)) {
    if (required && object[name] === undefined) report(`${path}/${name}`, 'missing');
  }
  for (const [name, value] of Object.entries(object)) {
    if (Object.hasOwn(fields, name)) fields[name]!.check(value, `${path}/${name}`, report);
    else if (JSONPATH_FIELDS.test(name)) report(`${path}/${name}`, 'belongs to JSONPath, the QueryLanguage here is JSONata');
    else if (UNSUPPORTED_FIELDS.test(name)) report(`${path}/${name}`, 'is not supported by the local engine');
    else report(`${path}/${name}`, 'unknown field');
  }
}

function record(fields: Fields): Check {
  return (value, path, report) => {
    if (checkRecord(value, path, report)) checkFields(value, fields, path, report);
  };
}

function listOf(fields: Fields): Check {
  return (value, path, report) => {
    if (!Array.isArray(value) || value.length === 0) report(path, 'must be a non-empty array');
    else for (const [index, entry] of value.entries()) record(fields)(entry, `${path}[${index}]`, report);
  };
}

/** Retriers or catchers, of which only the last may be for States.ALL. */
function recoveries(fields: Fields): Check {
  return (value, path, report) => {
    listOf(fields)(value, path, report);
    for (const [index, entry] of (Array.isArray(value) ? value.slice(0, -1) : []).entries()) {
      const names = isRecord(entry) ? entry.ErrorEquals : undefined;
      if (Array.isArray(names) && names.includes('States.ALL'))
        report(`${path}[${index}]/ErrorEquals`, 'States.ALL must come last');
    }
  };
}

const processorMode: Check = (value, path, report) => {
  if (value === 'DISTRIBUTED') report(path, 'a DISTRIBUTED map is not supported by the local engine');
  else is.oneOf('INLINE')(value, path, report);
};

const COMMENT: Fields = { Comment: { check: is.text } };

const RETRIER: Fields = {
  ...COMMENT,
  ErrorEquals: { check: is.errorEquals, required: true },
  IntervalSeconds: { check: is.whole(1) },
  MaxAttempts: { check: is.whole(0) },
  BackoffRate: { check: is.backoffRate },
  MaxDelaySeconds: { check: is.whole(1, 31_622_400) },
  JitterStrategy: { check: is.oneOf('NONE', 'FULL') },
};

const handsOn = (readable: Readable = {}): Fields => ({
  Output: { check: is.template(readable) },
  Assign: { check: is.assign(readable) },
});

const CATCHER: Fields = {
  ...COMMENT,
  ...handsOn({ errorOutput: true }),
  ErrorEquals: { check: is.errorEquals, required: true },
  Next: { check: is.text, required: true },
};

const CHOICE_RULE: Fields = {
  ...COMMENT,
  ...handsOn(),
  Condition: { check: is.expressionOr(is.oneOf(true, false)), required: true },
  Next: { check: is.text, required: true },
};

/** What a scope consists of. The states themselves are checked one by one, with what surrounds them. */
const GRAPH: Fields = { ...COMMENT, StartAt: { check: is.anything }, States: { check: is.anything } };

export const MACHINE_FIELDS: Fields = {
  ...GRAPH,
  QueryLanguage: { check: is.anything },
  TimeoutSeconds: { check: is.whole(1) },
  Version: { check: is.oneOf('1.0') },
};

const COMMON: Fields = { ...COMMENT, Type: { check: is.anything }, QueryLanguage: { check: is.oneOf('JSONata') } };
const CONTINUES: Fields = { ...COMMON, Next: { check: is.text }, End: { check: is.oneOf(true) } };
const RECOVERS: Fields = {
  ...CONTINUES,
  ...handsOn({ result: true }),
  Retry: { check: recoveries(RETRIER) },
  Catch: { check: recoveries(CATCHER) },
};

/** The fields of each of the eight state types in JSONata mode. */
export const STATE_FIELDS: Record<string, Fields> = {
  Task: {
    ...RECOVERS,
    Resource: { check: is.resource, required: true },
    Arguments: { check: is.template() },
    TimeoutSeconds: { check: is.expressionOr(is.whole(1)) },
    HeartbeatSeconds: { check: is.heartbeat },
  },
  Map: {
    ...RECOVERS,
    Items: { check: is.expressionOr(is.items) },
    ItemSelector: { check: is.template() },
    ItemProcessor: {
      check: record({ ...GRAPH, ProcessorConfig: { check: record({ Mode: { check: processorMode } }) } }),
      required: true,
    },
    MaxConcurrency: { check: is.expressionOr(is.whole(0)) },
  },
  Parallel: { ...RECOVERS, Arguments: { check: is.template() }, Branches: { check: listOf(GRAPH), required: true } },
  Choice: { ...COMMON, ...handsOn(), Choices: { check: listOf(CHOICE_RULE), required: true }, Default: { check: is.text } },
  Wait: {
    ...CONTINUES,
    ...handsOn(),
    Seconds: { check: is.expressionOr(is.whole(0)) },
    Timestamp: { check: is.expressionOr(is.timestamp) },
  },
  Pass: { ...CONTINUES, ...handsOn() },
  Succeed: { ...COMMON, Output: { check: is.template() } },
  Fail: { ...COMMON, Error: { check: is.expressionOr(is.text) }, Cause: { check: is.expressionOr(is.text) } },
};
