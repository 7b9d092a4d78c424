/** Where server access logs of a bucket go, as CloudFormation writes it. */
export interface LoggingConfiguration {
  /** The bucket itself unless given. */
  DestinationBucketName?: string;
  LogFilePrefix?: string;
  TargetObjectKeyFormat?: {
    SimplePrefix?: object;
    PartitionedPrefix?: { PartitionDateSource?: 'EventTime' | 'DeliveryTime' };
  };
}

/** Throws a `TypeError` for what is not carried out. */
export function requireLogging(configuration: LoggingConfiguration | undefined): void {
  if (configuration === undefined) return;
  only(configuration, ['DestinationBucketName', 'LogFilePrefix', 'TargetObjectKeyFormat'], 'LoggingConfiguration');
  const format = configuration.TargetObjectKeyFormat ?? {};
  only(format, ['SimplePrefix', 'PartitionedPrefix'], 'LoggingConfiguration.TargetObjectKeyFormat');
  only(format.SimplePrefix ?? {}, [], 'LoggingConfiguration.TargetObjectKeyFormat.SimplePrefix');
  only(format.PartitionedPrefix ?? {}, ['PartitionDateSource'], 'LoggingConfiguration.TargetObjectKeyFormat.PartitionedPrefix');
  const source = format.PartitionedPrefix?.PartitionDateSource ?? 'EventTime';
  if (!['EventTime', 'DeliveryTime'].includes(source)) throw new TypeError(`LoggingConfiguration: PartitionDateSource ${source}`);
}

function only(value: object, names: string[], path: string): void {
  const unknown = Object.keys(value).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new TypeError(`${path}: fields that are not implemented: ${unknown.join(', ')}`);
}
