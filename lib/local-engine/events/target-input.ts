/** What a rule's target may say about its input; at most one of the three. */
export interface InputChoice {
  Input?: string;
  InputPath?: string;
  InputTransformer?: { InputPathsMap?: Record<string, string>; InputTemplate: string };
}

/** The input of a target as JSON text: the event itself, a constant, a part of the event, or a template filled from it. */
export function targetInput(choice: InputChoice, event: Record<string, unknown>): string {
  if (choice.Input !== undefined) return choice.Input;
  if (choice.InputPath !== undefined) return JSON.stringify(at(event, choice.InputPath) ?? {});
  if (choice.InputTransformer !== undefined) return transformed(choice.InputTransformer, event);
  return JSON.stringify(event);
}

/** Whether a path is of the simple form (`$`, `$.detail.status`) that the engine can follow. */
export function isSimplePath(path: string): boolean {
  return /^\$(\.[A-Za-z0-9_-]+)*$/.test(path);
}

function at(event: Record<string, unknown>, path: string): unknown {
  let value: unknown = event;
  for (const name of path.split('.').slice(1)) value = (value as Record<string, unknown> | null | undefined)?.[name];
  return value;
}

/** The placeholders of a template that its paths do not define (EventBridge's reserved ones among them). */
export function undefinedPlaceholders({
  InputPathsMap = {},
  InputTemplate,
}: NonNullable<InputChoice['InputTransformer']>): string[] {
  return [...InputTemplate.matchAll(/<([^<>]+)>/g)].map(([, name]) => name as string).filter((name) => !(name in InputPathsMap));
}

/**
 * A placeholder `<name>` becomes the JSON of its value; one that stands inside a JSON text (`"order <name> failed"`) becomes the bare
 * text, escaped, as EventBridge does it. A path that leads nowhere gives the empty text.
 */
function transformed(
  { InputPathsMap = {}, InputTemplate }: NonNullable<InputChoice['InputTransformer']>,
  event: Record<string, unknown>,
): string {
  let inString = false;
  return InputTemplate.replace(/\\.|"|<([^<>]+)>/g, (found, name: string | undefined) => {
    if (found === '"') inString = !inString;
    if (name === undefined) return found;
    const value = at(event, InputPathsMap[name] as string) ?? '';
    if (!inString) return JSON.stringify(value);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
}
