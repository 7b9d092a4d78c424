/** A call as selectors look at it. */
export interface SelectableCall {
  eventName: string;
  readOnly: boolean;
  /** Of the object, or the beginning of the ARNs of those that a call on the bucket has to do with. */
  resourceArn: string;
  identityArn: string;
}

export type Selector = (call: SelectableCall) => boolean;

/** Says what of a selector the engine cannot carry out. */
type Complain = (path: string, message: string) => void;

interface EventSelector {
  ReadWriteType?: string;
  IncludeManagementEvents?: boolean;
  ExcludeManagementEventSources?: string[];
  DataResources?: { Type: string; Values?: string[] }[];
}

type FieldSelector = { Field: string } & Record<string, string[] | string>;

const OBJECTS = 'AWS::S3::Object';
const OPERATORS: Record<string, (actual: string, value: string) => boolean> = {
  Equals: (actual, value) => actual === value,
  StartsWith: (actual, value) => actual.startsWith(value),
  EndsWith: (actual, value) => actual.endsWith(value),
};
const FIELDS: Record<string, (call: SelectableCall) => string> = {
  eventCategory: () => 'Data',
  eventName: ({ eventName }) => eventName,
  eventSource: () => 's3.amazonaws.com',
  eventType: () => 'AwsApiCall',
  readOnly: ({ readOnly }) => String(readOnly),
  'resources.ARN': ({ resourceArn }) => resourceArn,
  'resources.type': () => OBJECTS,
  'userIdentity.arn': ({ identityArn }) => identityArn,
};

/** An `EventSelectors` entry: beginnings of ARNs, and whether reading, writing or both are meant. */
export function basicSelector(selector: EventSelector, complain: Complain): Selector {
  only(selector, ['ReadWriteType', 'IncludeManagementEvents', 'ExcludeManagementEventSources', 'DataResources'], '', complain);
  const { ReadWriteType = 'All', DataResources = [] } = selector;
  if (!['All', 'ReadOnly', 'WriteOnly'].includes(ReadWriteType))
    complain('ReadWriteType', `the engine does not know ${ReadWriteType}`);
  const beginnings = DataResources.flatMap(({ Type, Values = [] }, index) => {
    if (Type !== OBJECTS) complain(`DataResources.${index}.Type`, `the engine records no calls on ${Type}`);
    return Values.map((value) => {
      // `arn:aws:s3` alone stands for all buckets; any other value ends a bucket's name with a slash.
      if (!/^arn:[^:]+:s3(:::(.*\/.*)?)?$/.test(value))
        complain(`DataResources.${index}.Values`, `${value} names no bucket and no prefix`);
      return value;
    });
  });
  return ({ readOnly, resourceArn }) => {
    if (ReadWriteType !== 'All' && readOnly !== (ReadWriteType === 'ReadOnly')) return false;
    return beginnings.some((beginning) => resourceArn.startsWith(beginning));
  };
}

/** An `AdvancedEventSelectors` entry: every field must fulfil what is said of it, by any of its values, and by none of the excluded. */
export function advancedSelector(selector: { Name?: string; FieldSelectors: FieldSelector[] }, complain: Complain): Selector {
  only(selector, ['Name', 'FieldSelectors'], '', complain);
  const conditions = selector.FieldSelectors.map(({ Field, ...operators }, index) => {
    const path = `FieldSelectors.${index}`;
    const field = FIELDS[Field];
    if (field === undefined) complain(`${path}.Field`, `the engine does not know the field ${Field}`);
    const tests = Object.entries(operators).map(([name, values]) => {
      const test = OPERATORS[name.replace(/^Not/, '')];
      if (test === undefined) complain(`${path}.${name}`, 'the engine does not know this operator');
      const negated = name.startsWith('Not');
      return (actual: string): boolean => (values as string[]).some((value) => test?.(actual, value)) !== negated;
    });
    return (call: SelectableCall): boolean => tests.every((test) => test(field?.(call) ?? ''));
  });
  return (call) => conditions.every((condition) => condition(call));
}

function only(value: object, names: string[], path: string, complain: Complain): void {
  for (const name of Object.keys(value)) {
    if (!names.includes(name))
      complain([path, name].filter((part) => part !== '').join('.'), 'the engine does not know this member');
  }
}
