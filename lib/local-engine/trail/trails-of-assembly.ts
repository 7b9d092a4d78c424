import type { Problem } from '../assembly/problem.ts';
import { type Assembly, type Resource, resourcesOf } from '../assembly/read-assembly.ts';
import { advancedSelector, basicSelector, type Selector } from './selector.ts';

/** A trail that logs. */
export interface TrailSpec {
  name: string;
  region: string;
  multiRegion: boolean;
  bucket: string;
  /** With a slash at its end, or empty. */
  prefix: string;
  kmsKeyId: string | undefined;
  selectors: Selector[];
}

/** The trails of an assembly that are switched on; what the engine cannot carry out is a problem. */
export function trailsOfAssembly(assembly: Assembly, problems: Problem[]): TrailSpec[] {
  const buckets = new Set(resourcesOf(assembly, 'AWS::S3::Bucket').map(({ name }) => name));
  return resourcesOf(assembly, 'AWS::CloudTrail::Trail').flatMap((resource) => {
    const { name, arn, properties } = resource;
    const complain = (path: string, message: string): void => {
      problems.push({ stack: resource.stack, logicalId: resource.logicalId, path: `Properties.${path}`, message });
    };
    const bucket = String(properties.S3BucketName);
    if (!buckets.has(bucket)) complain('S3BucketName', `${bucket} is no bucket of this assembly`);
    const selectors = selectorsOf(resource, complain);
    if (properties.IsLogging === false) return [];
    const prefix = properties.S3KeyPrefix === undefined ? '' : `${String(properties.S3KeyPrefix)}/`;
    const kmsKeyId = properties.KMSKeyId as string | undefined;
    const multiRegion = properties.IsMultiRegionTrail === true;
    return [{ name, region: arn!.split(':')[3]!, multiRegion, bucket, prefix, kmsKeyId, selectors }];
  });
}

function selectorsOf({ properties }: Resource, complain: (path: string, message: string) => void): Selector[] {
  const { EventSelectors = [], AdvancedEventSelectors = [] } = properties as Record<string, never[]>;
  const within = (list: string, index: number) => (path: string, message: string) =>
    complain(`${list}.${index}.${path}`, message);
  return [
    ...EventSelectors.map((selector, index) => basicSelector(selector, within('EventSelectors', index))),
    ...AdvancedEventSelectors.map((selector, index) => advancedSelector(selector, within('AdvancedEventSelectors', index))),
  ];
}
