import type { PlanMake } from '../contract/restore.ts';
import type { ChosenItem } from './items.ts';

const LABEL = 'com.docker.compose.';
/** As compose demands it; never a flag. */
const SERVICE = /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/;

/** What compose wrote on a container about the project it belongs to; null when compose did not make it, or says too little. */
export function projectOf({ source, kind }: ChosenItem): PlanMake | null {
  const label = (name: string) => source.container?.labels?.[`${LABEL}${name}`] ?? '';
  const list = (name: string) =>
    label(name)
      .split(',')
      .filter((path) => path !== '');
  const [project, directory, service] = [label('project'), label('project.working_dir'), label('service')];
  if (!source.container || project === '' || !directory.startsWith('/') || !SERVICE.test(service)) return null;
  return {
    project,
    directory,
    files: list('project.config_files'),
    environmentFiles: list('project.environment_file'),
    services: [service],
    containers: [source.container.name],
    servers: kind === 'database' ? [source.container.name] : [],
  };
}

/** The same for several containers: each project once, with all that is wanted of it. */
export function projectsOf(chosen: readonly ChosenItem[]): PlanMake[] {
  const projects = new Map<string, PlanMake>();
  for (const one of chosen.flatMap((item) => projectOf(item) ?? [])) {
    const known = projects.get(one.project) ?? one;
    const both = (list: 'services' | 'containers' | 'servers') => [...new Set([...known[list], ...one[list]])];
    projects.set(one.project, {
      ...known,
      services: both('services'),
      containers: both('containers'),
      servers: both('servers'),
    });
  }
  return [...projects.values()];
}
