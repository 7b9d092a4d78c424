import { createHash } from 'node:crypto';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Trees } from './stage.ts';

/** Bytes that do not compress to nothing, the same at every run. */
function bytes(seed: string, length: number): Buffer {
  const blocks: Buffer[] = [];
  for (let block = 0; block * 32 < length; block++) blocks.push(createHash('sha256').update(`${seed} ${block}`).digest());
  return Buffer.concat(blocks).subarray(0, length);
}

/** Uploads that attachments point at, exports, networks; and a folder of configuration on the host. */
export async function writeFiles(folder: string): Promise<Trees & { readonly config: string }> {
  const [uploads, app, config] = ['uploads', 'app', 'config'].map((name) => join(folder, 'made', name)) as [
    string,
    string,
    string,
  ];
  for (let attachment = 1; attachment <= 400; attachment++) {
    const place = join(uploads, String(1 + (attachment % 40)));
    await mkdir(place, { recursive: true });
    await writeFile(join(place, `datasheet ${attachment}.pdf`), bytes(`upload ${attachment}`, 1000 + attachment * 40));
  }
  await mkdir(join(uploads, 'empty folder'), { recursive: true });
  await symlink('1/datasheet 40.pdf', join(uploads, 'latest'));
  for (const part of ['exports', 'networks']) await mkdir(join(app, part), { recursive: true });
  for (let report = 1; report <= 30; report++)
    await writeFile(join(app, 'exports', `report-${report}.xlsx`), bytes(`export ${report}`, 20_000));
  for (let network = 1; network <= 100; network++) {
    await writeFile(
      join(app, 'networks', `Netz ${network} – größer.json`),
      JSON.stringify({ network, nodes: [...Array(50).keys()] }),
    );
  }
  await mkdir(join(config, 'infra'), { recursive: true });
  await writeFile(join(config, '.env.production'), 'DATABASE_HOST=db\nSECRET_KEY=not-a-real-one\n', { mode: 0o600 });
  await writeFile(join(config, 'infra', 'docker-compose.yml'), 'services:\n  api:\n    image: plant-api\n');
  return { uploads, app, config };
}
