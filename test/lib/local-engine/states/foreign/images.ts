import { machineOf } from '../scripted-run.ts';
import { type ForeignMachine, LAMBDA } from './foreign-machine.ts';

const REKOGNITION = 'arn:aws:states:::aws-sdk:rekognition:detectLabels';

/** Resizes every image; `more` are further fields of the Map. */
const resizing = (more: Record<string, unknown>) =>
  machineOf('Each image', {
    'Each image': {
      Type: 'Map',
      Items: '{% $states.input.images %}',
      ItemSelector: {
        key: '{% $states.context.Map.Item.Value.key %}',
        position: '{% $states.context.Map.Item.Index %}',
        bucket: '{% $states.input.bucket %}',
      },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'Resize',
        States: { Resize: { Type: 'Task', Resource: LAMBDA, Arguments: '{% $states.input %}', End: true } },
      },
      Next: 'Publish',
      ...more,
    },
    Publish: { Type: 'Succeed' },
    Report: { Type: 'Succeed' },
  });
const three = { bucket: 'photos', images: [{ key: 'a.png' }, { key: 'b.png' }, { key: 'c.png' }] };
const caught = { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Report' }] };

export const images: ForeignMachine[] = [
  {
    title: 'two images at a time are resized and come out in the order of the list',
    machine: resizing({ MaxConcurrency: 2, ...caught }),
    input: three,
    tasks: {
      Resize: [
        { after: 5, echo: true },
        { after: 1, echo: true },
        { after: 3, echo: true },
      ],
    },
    expected: {
      output: [
        { key: 'a.png', position: 0, bucket: 'photos' },
        { key: 'b.png', position: 1, bucket: 'photos' },
        { key: 'c.png', position: 2, bucket: 'photos' },
      ],
    },
    story: {
      '': ['Each image', 'Publish'],
      'Each image[0]': ['Resize'],
      'Each image[1]': ['Resize'],
      'Each image[2]': ['Resize'],
    },
    seconds: 5,
  },
  {
    title: 'one corrupt image stops its siblings at once',
    machine: resizing({ MaxConcurrency: 3, ...caught }),
    input: three,
    tasks: { Resize: [{ after: 10, echo: true }, { after: 1, fail: ['CorruptImage', 'bad header'] }, { never: true }] },
    expected: { output: { Error: 'CorruptImage', Cause: 'bad header' } },
    story: {
      '': ['Each image', 'Report'],
      'Each image[0]': ['Resize'],
      'Each image[1]': ['Resize'],
      'Each image[2]': ['Resize'],
    },
    seconds: 1,
  },
  {
    title: 'images that wait for a place are not begun after a failure',
    machine: resizing({ MaxConcurrency: '{% 1 %}', ...caught }),
    input: three,
    tasks: {
      Resize: [
        { after: 1, echo: true },
        { after: 1, fail: ['CorruptImage', 'bad header'] },
      ],
    },
    expected: { output: { Error: 'CorruptImage', Cause: 'bad header' } },
    story: { '': ['Each image', 'Report'], 'Each image[0]': ['Resize'], 'Each image[1]': ['Resize'] },
    seconds: 2,
  },
  {
    title: 'a Map that is retried begins again with every image',
    machine: resizing({ MaxConcurrency: 1, Retry: [{ ErrorEquals: ['CorruptImage'], IntervalSeconds: 4 }], ...caught }),
    input: { bucket: 'photos', images: [{ key: 'a.png' }, { key: 'b.png' }] },
    tasks: { Resize: [{ give: 'A' }, { fail: ['CorruptImage', 'bad header'] }, { give: 'A again' }, { give: 'B' }] },
    expected: { output: ['A again', 'B'] },
    story: {
      '': ['Each image', 'Publish'],
      'Each image[0]': ['Resize', 'Resize'],
      'Each image[1]': ['Resize', 'Resize'],
    },
    seconds: 4,
  },
  {
    title: 'iterations that catch their own failure let all others finish, and are judged after',
    machine: machineOf('Each photo', {
      'Each photo': {
        Type: 'Map',
        Items: '{% $states.input %}',
        MaxConcurrency: 1,
        ItemProcessor: {
          StartAt: 'Label',
          States: {
            Label: {
              Type: 'Task',
              Resource: REKOGNITION,
              Arguments: { Image: '{% $states.input %}' },
              Catch: [
                {
                  ErrorEquals: ['States.ALL'],
                  Output: { ok: false, error: '{% $states.errorOutput.Error %}' },
                  Next: 'Labelled',
                },
              ],
              Output: { ok: true },
              Next: 'Labelled',
            },
            Labelled: { Type: 'Succeed' },
          },
        },
        Next: 'All fine?',
      },
      'All fine?': {
        Type: 'Choice',
        Choices: [
          {
            Condition: '{% $exists($states.input[ok = false]) %}',
            Output: '{% $states.input[ok = false].error %}',
            Next: 'Some failed',
          },
        ],
        Default: 'All done',
      },
      'All done': { Type: 'Succeed' },
      'Some failed': { Type: 'Fail', Error: 'LabelsMissing', Cause: "{% $join($states.input, ', ') %}" },
    }),
    input: ['p1', 'p2', 'p3'],
    tasks: {
      Label: [
        { give: {} },
        { fail: ['Rekognition.InvalidImageException', 'x'] },
        { fail: ['Rekognition.ThrottlingException', 'y'] },
      ],
    },
    expected: {
      status: 'FAILED',
      error: 'LabelsMissing',
      cause: 'Rekognition.InvalidImageException, Rekognition.ThrottlingException',
    },
    story: {
      '': ['Each photo', 'All fine?', 'Some failed'],
      'Each photo[0]': ['Label', 'Labelled'],
      'Each photo[1]': ['Label', 'Labelled'],
      'Each photo[2]': ['Label', 'Labelled'],
    },
    seconds: 0,
  },
  {
    title: 'a Map inside a branch inside a machine',
    machine: machineOf('Prepare', {
      Prepare: {
        Type: 'Parallel',
        Branches: [
          {
            StartAt: 'Each size',
            States: {
              'Each size': {
                Type: 'Map',
                Items: [1, '{% 1 + 1 %}', 4],
                ItemProcessor: {
                  StartAt: 'Scale',
                  States: {
                    Scale: { Type: 'Pass', Output: '{% $states.input * $states.context.Execution.Input.width %}', End: true },
                  },
                },
                End: true,
              },
            },
          },
          { StartAt: 'Read the camera', States: { 'Read the camera': { Type: 'Pass', Output: { camera: 'X-T1' }, End: true } } },
        ],
        Output: { widths: '{% $states.result[0] %}', camera: '{% $states.result[1].camera %}' },
        End: true,
      },
    }),
    input: { width: 100 },
    expected: { output: { widths: [100, 200, 400], camera: 'X-T1' } },
    story: {
      '': ['Prepare'],
      'Prepare: Each size': ['Each size'],
      'Prepare: Each size > Each size[0]': ['Scale'],
      'Prepare: Each size > Each size[1]': ['Scale'],
      'Prepare: Each size > Each size[2]': ['Scale'],
      'Prepare: Read the camera': ['Read the camera'],
    },
    seconds: 0,
  },
  {
    title: 'a Map inside a Map: each album keeps its own variable, which its tracks can read',
    machine: machineOf('Each album', {
      'Each album': {
        Type: 'Map',
        Items: '{% $states.input.albums %}',
        ItemProcessor: {
          StartAt: 'Note the album',
          States: {
            'Note the album': { Type: 'Pass', Assign: { album: '{% $states.input.name %}' }, Next: 'Each track' },
            'Each track': {
              Type: 'Map',
              Items: '{% $states.input.tracks %}',
              ItemProcessor: {
                StartAt: 'Name the track',
                States: { 'Name the track': { Type: 'Pass', Output: "{% $album & '/' & $states.input %}", End: true } },
              },
              End: true,
            },
          },
        },
        End: true,
      },
    }),
    input: {
      albums: [
        { name: 'A', tracks: [1, 2] },
        { name: 'B', tracks: [3] },
      ],
    },
    expected: { output: [['A/1', 'A/2'], ['B/3']] },
    story: {
      '': ['Each album'],
      'Each album[0]': ['Note the album', 'Each track'],
      'Each album[0] > Each track[0]': ['Name the track'],
      'Each album[0] > Each track[1]': ['Name the track'],
      'Each album[1]': ['Note the album', 'Each track'],
      'Each album[1] > Each track[0]': ['Name the track'],
    },
    seconds: 0,
  },
  {
    title: 'an empty list is a Map without iterations',
    machine: resizing({ Output: '{% $count($states.result) %}', ...caught }),
    input: { bucket: 'photos', images: [] },
    expected: { output: 0 },
    story: { '': ['Each image', 'Publish'] },
    seconds: 0,
  },
];
