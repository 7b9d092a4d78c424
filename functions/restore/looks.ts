import { encode, encodeList } from '../contract/encoding.ts';
import { timeOf } from '../contract/ids.ts';
import type { Manifest } from '../contract/manifest.ts';
import type { RestoreOptions } from '../contract/restore.ts';
import { type ChosenItem, isTree } from './items.ts';

/** One question to the host. `presign`: the document also needs a way to this artifact. */
export interface Look {
  readonly key: string;
  readonly document: 'inspect-database' | 'inspect-roles' | 'inspect-tree' | 'diff-config' | 'find-writers';
  readonly parameters: Record<string, string>;
  readonly presign: { label: string; role: 'archive' | 'globals' } | null;
}

/** What must be known of the host before an item can be promised. */
export function looksAt({ item, kind, source, host }: ChosenItem, options: RestoreOptions, manifest: Manifest): Look[] {
  const { container = '', user = '', passwordVariable = '', database = '' } = host;
  if (kind === 'database' || kind === 'tables') {
    const tables = encodeList(kind === 'tables' ? options.tables : []);
    const parameters = { container, user, passwordVariable, database, tables };
    return [{ key: item, document: 'inspect-database', presign: null, parameters }];
  }
  if (kind === 'globals') {
    const presign = { label: source.label, role: 'globals' } as const;
    return [{ key: item, document: 'inspect-roles', presign, parameters: { container, user, passwordVariable } }];
  }
  if (!isTree(kind)) return [];
  const { volume = '', path = '', directory = '', include = '', exclude = '' } = host;
  const since = String(Math.floor(timeOf(manifest.id).getTime() / 1000));
  const inspect: Look = {
    key: item,
    document: 'inspect-tree',
    presign: null,
    parameters: { kind, volume, container, path, directory, to: encode(options.to ?? ''), since },
  };
  if (options.mode !== 'config' || options.to !== null) return [inspect];
  return [
    inspect,
    {
      key: `${item}-diff`,
      document: 'diff-config',
      presign: { label: source.label, role: 'archive' },
      parameters: { directory, include, exclude },
    },
  ];
}
