import type { Assembly } from '../assembly/read-assembly.ts';
import { unknownAction } from '../front/json-protocol.ts';
import type { Call } from '../front/service.ts';
import { ServiceError } from '../service-error.ts';

/** The one CloudFormation action that callers need: DescribeStacks, for the outputs. */
export function stacksApi(assembly: Assembly): Call {
  return async (action, { StackName: wanted }) => {
    if (action !== 'DescribeStacks') throw unknownAction('CloudFormation', action);
    const stacks = assembly.stacks.filter(({ name, id }) => wanted === undefined || wanted === name || wanted === id);
    if (wanted !== undefined && stacks.length === 0) {
      throw new ServiceError('ValidationError', `Stack with id ${String(wanted)} does not exist`);
    }
    return {
      Stacks: stacks.map(({ name, id, outputs }) => ({
        StackName: name,
        StackId: id,
        CreationTime: new Date(0),
        StackStatus: 'CREATE_COMPLETE',
        Outputs: outputs.map(({ key, value, exportName }) => ({ OutputKey: key, OutputValue: value, ExportName: exportName })),
      })),
    };
  };
}
