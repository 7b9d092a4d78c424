/** A resource as it stands in a template. */
export interface TemplateResource {
  Type: string;
  Properties?: Record<string, unknown>;
  Condition?: string;
}

/** The parts of a CloudFormation template that the engine reads. */
export interface Template {
  Resources?: Record<string, TemplateResource>;
  Outputs?: Record<string, { Value: unknown; Description?: unknown; Export?: { Name: unknown }; Condition?: string }>;
  Parameters?: Record<string, { Type: string; Default?: unknown }>;
  Conditions?: Record<string, unknown>;
  Mappings?: Record<string, Record<string, Record<string, unknown>>>;
}

/** What a template may contain at its top; the last four carry nothing that could be done. */
export const templateSections = [
  'Resources',
  'Outputs',
  'Parameters',
  'Conditions',
  'Mappings',
  'Rules',
  'Metadata',
  'Description',
  'AWSTemplateFormatVersion',
];

/** What a resource may contain beside its properties. */
export const resourceAttributes = [
  'Type',
  'Properties',
  'Condition',
  'DependsOn',
  'Metadata',
  'DeletionPolicy',
  'UpdateReplacePolicy',
];
