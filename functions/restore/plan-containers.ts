import * as z from 'zod';
import { encode, encodeList } from '../contract/encoding.ts';
import { required } from '../runtime/environment.ts';
import { agent } from '../runtime/handler.ts';
import { Vault } from '../runtime/vault.ts';
import { readPlan } from './records.ts';

const input = z.object({
  suite: z.string(),
  restoreId: z.string(),
  /** Only what the restore needs, or, once it is done, everything of the projects. */
  which: z.enum(['needed', 'all']),
});

const vault = new Vault(required('BUCKET'));

/** What the host must make, from the plan alone. */
export const handler = agent(input, async ({ suite, restoreId, which }) => {
  const { makes } = await readPlan(vault, suite, restoreId);
  return {
    restoreId,
    projects: makes.map(({ project, directory, files, environmentFiles, services, servers }, index) => ({
      // Part of the command's name.
      key: String(index).padStart(2, '0'),
      parameters: {
        restore: restoreId,
        project: encode(project),
        directory: encode(directory),
        files: encodeList(files),
        environmentFiles: encodeList(environmentFiles),
        servers: encodeList(servers),
        services: encodeList(which === 'all' ? [] : services),
      },
    })),
  };
});
