import { machineOf } from '../scripted-run.ts';
import { type ForeignMachine, LAMBDA } from './foreign-machine.ts';

const discounting = machineOf('Remember the customer', {
  'Remember the customer': { Type: 'Pass', Assign: { customer: '{% $states.input.customer %}' }, Next: 'Price the order' },
  'Price the order': {
    Type: 'Task',
    Resource: LAMBDA,
    Arguments: { FunctionName: 'price', Payload: '{% $states.input.lines %}' },
    Output: { total: '{% $states.result.Payload.total %}' },
    Next: 'Large enough?',
  },
  'Large enough?': {
    Type: 'Choice',
    Choices: [
      {
        Condition: '{% $states.input.total > 100 %}',
        Assign: { discount: '{% $states.input.total * 0.1 %}' },
        Output: { total: '{% $states.input.total * 0.9 %}' },
        Next: 'Confirm',
      },
    ],
    Default: 'Confirm',
    Assign: { discount: 0 },
  },
  Confirm: {
    Type: 'Succeed',
    Output: { customer: '{% $customer %}', total: '{% $states.input.total %}', discount: '{% $discount %}' },
  },
});

const saga = machineOf('Reserve', {
  Reserve: {
    Type: 'Task',
    Resource: LAMBDA,
    Arguments: { FunctionName: 'reserve', Payload: '{% $states.input %}' },
    Assign: { reservation: '{% $states.result.Payload.id %}' },
    Next: 'Charge',
  },
  Charge: {
    Type: 'Task',
    Resource: LAMBDA,
    Arguments: { FunctionName: 'charge' },
    Assign: { payment: '{% $states.result.Payload.id %}' },
    Catch: [{ ErrorEquals: ['States.ALL'], Assign: { why: '{% $states.errorOutput.Cause %}' }, Next: 'Release' }],
    Next: 'Ship',
  },
  Ship: {
    Type: 'Task',
    Resource: LAMBDA,
    Arguments: { FunctionName: 'ship' },
    Catch: [{ ErrorEquals: ['CarrierDown'], Assign: { why: '{% $states.errorOutput.Cause %}' }, Next: 'Refund' }],
    Next: 'Shipped',
  },
  Shipped: { Type: 'Succeed' },
  Refund: { Type: 'Task', Resource: LAMBDA, Arguments: { payment: '{% $payment %}' }, Next: 'Release' },
  Release: { Type: 'Task', Resource: LAMBDA, Arguments: { reservation: '{% $reservation %}' }, Next: 'Cancelled' },
  Cancelled: { Type: 'Fail', Error: 'OrderCancelled', Cause: "{% 'Cancelled: ' & $why %}" },
});

const checking = machineOf('Check everything', {
  'Check everything': {
    Type: 'Parallel',
    Arguments: { order: '{% $states.input.id %}' },
    Branches: [
      {
        StartAt: 'Check stock',
        States: { 'Check stock': { Type: 'Task', Resource: LAMBDA, Output: { stock: '{% $states.result.order %}' }, End: true } },
      },
      {
        StartAt: 'Check credit',
        States: {
          'Check credit': {
            Type: 'Task',
            Resource: LAMBDA,
            Output: { credit: '{% $states.result.order %}' },
            Next: 'Note the credit',
          },
          'Note the credit': { Type: 'Pass', End: true },
        },
      },
    ],
    Output: '{% $merge($states.result) %}',
    End: true,
  },
});

export const orders: ForeignMachine[] = [
  {
    title: 'a large order gets the discount of the rule that matched',
    machine: discounting,
    input: { customer: 'Ada', lines: [{ sku: 'chair', quantity: 2 }] },
    tasks: { 'Price the order': [{ give: { Payload: { total: 200 } } }] },
    expected: { output: { customer: 'Ada', total: 180, discount: 20 } },
    story: { '': ['Remember the customer', 'Price the order', 'Large enough?', 'Confirm'] },
    seconds: 0,
  },
  {
    title: 'a small order takes the default, and with it what the Choice state itself assigns',
    machine: discounting,
    input: { customer: 'Bob', lines: [] },
    tasks: { 'Price the order': [{ give: { Payload: { total: 50 } } }] },
    expected: { output: { customer: 'Bob', total: 50, discount: 0 } },
    story: { '': ['Remember the customer', 'Price the order', 'Large enough?', 'Confirm'] },
    seconds: 0,
  },
  {
    title: 'a saga undoes its steps in reverse order when shipping fails',
    machine: saga,
    input: { sku: 'table' },
    tasks: {
      Reserve: [{ give: { Payload: { id: 'r-1' } } }],
      Charge: [{ give: { Payload: { id: 'p-1' } } }],
      Ship: [{ after: 4, fail: ['CarrierDown', 'no trucks today'] }],
      Refund: [{ echo: true }],
      Release: [{ echo: true }],
    },
    expected: { status: 'FAILED', error: 'OrderCancelled', cause: 'Cancelled: no trucks today' },
    story: { '': ['Reserve', 'Charge', 'Ship', 'Refund', 'Release', 'Cancelled'] },
    seconds: 4,
  },
  {
    title: 'a saga has nothing to refund when the card was declined',
    machine: saga,
    input: { sku: 'table' },
    tasks: {
      Reserve: [{ give: { Payload: { id: 'r-1' } } }],
      Charge: [{ fail: ['CardDeclined', 'insufficient funds'] }],
      Release: [{ echo: true }],
    },
    expected: { status: 'FAILED', error: 'OrderCancelled', cause: 'Cancelled: insufficient funds' },
    story: { '': ['Reserve', 'Charge', 'Release', 'Cancelled'] },
    seconds: 0,
  },
  {
    title: 'a saga fails with the error of a step that no catcher names',
    machine: saga,
    tasks: {
      Reserve: [{ give: { Payload: { id: 'r-1' } } }],
      Charge: [{ give: { Payload: { id: 'p-1' } } }],
      Ship: [{ fail: ['AddressUnknown', 'nobody lives there'] }],
    },
    expected: { status: 'FAILED', error: 'AddressUnknown', cause: 'nobody lives there' },
    story: { '': ['Reserve', 'Charge', 'Ship'] },
    seconds: 0,
  },
  {
    title: 'the results of branches keep the order of the branches, whichever is done first',
    machine: checking,
    input: { id: 'o-7' },
    tasks: { 'Check stock': [{ after: 5, echo: true }], 'Check credit': [{ after: 1, echo: true }] },
    expected: { output: { stock: 'o-7', credit: 'o-7' } },
    story: {
      '': ['Check everything'],
      'Check everything: Check stock': ['Check stock'],
      'Check everything: Check credit': ['Check credit', 'Note the credit'],
    },
    seconds: 5,
  },
];
