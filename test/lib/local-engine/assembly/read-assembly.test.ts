import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AssemblyRefused, type Problem } from '../../../../lib/local-engine/assembly/problem.ts';
import { readAssembly } from '../../../../lib/local-engine/assembly/read-assembly.ts';
import { type ForeignStack, writeAssembly } from '../foreign-assembly.ts';
import { scratchFolder } from '../foreign-engine.ts';

function read(stacks: Record<string, ForeignStack>, assets: Record<string, Record<string, string>> = {}) {
  return readAssembly(writeAssembly(join(scratchFolder(), 'cdk.out'), stacks, assets), 'eu-west-1');
}

/** What one value of a template becomes. */
function resolved(value: unknown, sections: ForeignStack = {}): unknown {
  const { Resources, ...others } = sections;
  const [stack] = read({ Weather: { ...others, Resources, Outputs: { It: { Value: value } } } }).stacks;
  return stack!.outputs[0]!.value;
}

function problemsOf(stacks: Record<string, ForeignStack>): Problem[] {
  try {
    read(stacks);
  } catch (error) {
    if (error instanceof AssemblyRefused) return error.problems;
    throw error;
  }
  return [];
}

/** Biome takes a dollar and a brace in a plain text for a mistake. */
const sub = (pattern: string): string => pattern.replaceAll('#{', '$' + '{');

const station = { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'storms' } };
const map = { Type: 'AWS::S3::Bucket', Properties: {} };

test.for([
  ['Ref of a topic', { Ref: 'Station' }, 'arn:aws:sns:eu-west-1:000000000000:storms'],
  ['Ref of a bucket', { Ref: 'Map' }, 'weather-map'],
  ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-west-1'],
  ['Ref of a parameter with a default', { Ref: 'Season' }, 'winter'],
  ['GetAtt', { 'Fn::GetAtt': ['Map', 'Arn'] }, 'arn:aws:s3:::weather-map'],
  ['GetAtt as a text', { 'Fn::GetAtt': 'Station.TopicName' }, 'storms'],
  ['Join', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::AccountId' }, 'b']] }, 'a-000000000000-b'],
  ['Sub', { 'Fn::Sub': sub('#{Map}/#{Station.TopicName}/#{!Kept}/#{AWS::Partition}') }, sub('weather-map/storms/#{Kept}/aws')],
  [
    'Sub with variables',
    { 'Fn::Sub': [sub('#{Wind} from #{AWS::StackName}'), { Wind: { Ref: 'Map' } }] },
    'weather-map from Weather',
  ],
  ['Select and Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
  ['FindInMap', { 'Fn::FindInMap': ['Degrees', { Ref: 'Season' }, 'low'] }, '-5'],
  ['If that holds', { 'Fn::If': ['IsWinter', 'cold', 'warm'] }, 'cold'],
  ['If that does not hold', { 'Fn::If': ['IsSummer', 'warm', { Ref: 'AWS::StackName' }] }, 'Weather'],
] as [string, unknown, string][])('%s is resolved', ([, value, expected]) => {
  const sections = {
    Resources: { Station: station, Map: map },
    Parameters: { Season: { Type: 'String', Default: 'winter' } },
    Mappings: { Degrees: { winter: { low: '-5' } } },
    Conditions: {
      IsWinter: { 'Fn::Equals': [{ Ref: 'Season' }, 'winter'] },
      IsSummer: { 'Fn::And': [{ 'Fn::Not': [{ Condition: 'IsWinter' }] }, { 'Fn::Or': [{ Condition: 'IsWinter' }] }] },
    },
  };
  expect(resolved(value, sections)).toBe(expected);
});

test('a value that another stack exports is imported, whichever stack comes first', () => {
  const { stacks } = read({
    Forecast: { Outputs: { Where: { Value: { 'Fn::ImportValue': 'Weather:Map' } } } },
    Weather: { Resources: { Map: map }, Outputs: { Exported: { Value: { Ref: 'Map' }, Export: { Name: 'Weather:Map' } } } },
  });
  expect(stacks[0]!.outputs[0]!.value).toBe('weather-map');
});

test('each stack is resolved with its own region, and exports stay in theirs', () => {
  const key = { Type: 'AWS::KMS::Key', Properties: {} };
  const far = { Resources: { Key: key }, Outputs: { Where: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] } } } };
  const { stacks, place } = read({ Near: far, Far: { ...far, region: 'us-west-2' } });
  const where = stacks.map(({ resources, outputs }) => [resources[0]!.region, outputs[0]!.value]);
  expect(where).toEqual([
    ['eu-west-1', expect.stringMatching(/^arn:aws:kms:eu-west-1:/)],
    ['us-west-2', expect.stringMatching(/^arn:aws:kms:us-west-2:/)],
  ]);
  expect(place.region).toBe('eu-west-1');
  const exported = { Outputs: { Map: { Value: 'here', Export: { Name: 'Map' } } } };
  const imported = { Outputs: { Map: { Value: { 'Fn::ImportValue': 'Map' } } } };
  const problems = problemsOf({ Near: exported, Far: { ...imported, region: 'us-west-2' } });
  expect(problems.map(({ message }) => message)).toEqual(['no stack of this assembly exports Map']);
});

test('what CDK makes of a reference into another region is refused with what to do instead', () => {
  const problems = problemsOf({
    Weather: { Resources: { Writer: { Type: 'Custom::CrossRegionExportWriter', Properties: {} } } },
  });
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('give the resource a fixed name')]);
});

test('a property without a value is left out, and a resource whose condition does not hold does not exist', () => {
  const { stacks } = read({
    Weather: {
      Conditions: { Never: { 'Fn::Equals': [1, 2] } },
      Resources: {
        Kept: {
          Type: 'AWS::SNS::Topic',
          Properties: { DisplayName: { Ref: 'AWS::NoValue' }, Tags: [{ Ref: 'AWS::NoValue' }, 1] },
        },
        Gone: { Type: 'AWS::SNS::Topic', Condition: 'Never' },
      },
    },
  });
  expect(stacks[0]!.resources.map(({ logicalId, properties }) => [logicalId, properties])).toEqual([['Kept', { Tags: [1] }]]);
});

test('names that no property gives are the same at every start, and never longer than AWS allows', () => {
  const long = `Station${'X'.repeat(90)}`;
  const stacks = {
    Weather: { Resources: { [long]: { Type: 'AWS::StepFunctions::StateMachine', Properties: { DefinitionString: '' } } } },
  };
  const name = read(stacks).stacks[0]!.resources[0]!.name;
  expect(name).toMatch(/^Weather-StationX+-[0-9a-f]{8}$/);
  expect(name).toHaveLength(80);
  expect(read(stacks).stacks[0]!.resources[0]!.name).toBe(name);
});

test('an asset is found by the key that templates name', () => {
  const assembly = read({ Weather: {} }, { rain: { 'index.mjs': '' } });
  expect(assembly.asset('rain.zip')).toBe(join(assembly.directory, 'asset.rain'));
  expect(assembly.asset('snow.zip')).toBeUndefined();
});

test('the digest tells assemblies apart', () => {
  const digest = (name: string) => read({ Weather: { Resources: { Map: { ...map, Properties: { BucketName: name } } } } }).digest;
  expect(digest('sun')).toBe(digest('sun'));
  expect(digest('sun')).not.toBe(digest('rain'));
});

test('everything that cannot be carried out is reported at once, with its place', () => {
  const problems = problemsOf({
    Weather: {
      Transform: 'AWS::Serverless',
      Resources: {
        Balloon: { Type: 'AWS::DynamoDB::Table', Properties: {} },
        Station: { Type: 'AWS::SNS::Topic', Properties: { FifoTopic: true } },
        Sky: {
          Type: 'AWS::Lambda::Function',
          CreationPolicy: {},
          Properties: {
            Code: { ZipFile: 'x' },
            Description: { 'Fn::Base64': 'x' },
            Environment: { Variables: { A: { Ref: 'Nobody' } } },
          },
        },
        Wind: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: { 'Fn::GetAtt': ['Station', 'Colour'] } } },
        Cloud: { Type: 'AWS::SNS::Topic', Properties: { DisplayName: '{{resolve:ssm:/cloud}}' } },
      },
      Outputs: { Far: { Value: { 'Fn::ImportValue': 'nowhere' } } },
    },
  });
  expect(problems.map(({ logicalId, path, message }) => [logicalId, path, message])).toEqual([
    ['', 'Transform', expect.stringContaining('section')],
    ['Balloon', 'Type', expect.stringContaining('AWS::DynamoDB::Table')],
    ['Station', 'Properties.FifoTopic', expect.stringContaining('AWS::SNS::Topic')],
    ['Sky', 'CreationPolicy', expect.stringContaining('attribute')],
    ['Sky', 'Properties.Description', expect.stringContaining('Fn::Base64')],
    ['Sky', 'Properties.Environment.Variables.A', expect.stringContaining('Nobody')],
    ['Wind', 'Properties.DisplayName', expect.stringContaining('Colour')],
    ['Cloud', 'Properties.DisplayName', expect.stringContaining('dynamic references')],
    ['Far', 'Value', expect.stringContaining('nowhere')],
  ]);
});

test('names that depend on each other are a problem, not an endless loop', () => {
  const topic = (other: string) => ({ Type: 'AWS::SNS::Topic', Properties: { TopicName: { Ref: other } } });
  const problems = problemsOf({ Weather: { Resources: { Hen: topic('Egg'), Egg: topic('Hen') } } });
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('depends on itself'),
    expect.stringContaining('depends on itself'),
  ]);
});
