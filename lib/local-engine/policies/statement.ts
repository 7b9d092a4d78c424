import { type Complain, type Condition, isObject, parseConditions, textsOf } from './condition.ts';
import { type PrincipalMatcher, parseNotPrincipal, parsePrincipal } from './principal.ts';
import { anyOf, type Matcher, wildcard } from './wildcard.ts';

/** One statement of a policy, compiled: asking it costs a few comparisons. */
export interface Statement {
  effect: 'Allow' | 'Deny';
  /** Undefined in a policy of an identity, which speaks of that identity only. */
  principal: PrincipalMatcher | undefined;
  /** Takes the name in lower case. */
  action: Matcher;
  resource: Matcher;
  conditions: Condition[];
}

/** Where a policy hangs decides which elements it has: a trust policy speaks of its own role and names no resource. */
export type PolicyKind = 'identity' | 'resource' | 'trust';

const ELEMENTS = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition'];
const VERSIONS = ['2012-10-17', '2008-10-17'];

/** Reads a policy document. Whatever the engine does not know in it is complained about, never taken for a yes. */
export function parsePolicy(document: unknown, kind: PolicyKind, complain: Complain): Statement[] {
  if (!isObject(document)) {
    complain('', 'must be a policy document');
    return [];
  }
  for (const name of Object.keys(document)) {
    if (!['Version', 'Id', 'Statement'].includes(name)) complain(name, 'the engine does not know this element of a policy');
  }
  const version = document.Version ?? '2008-10-17';
  if (!VERSIONS.includes(version as string))
    complain('Version', `the engine does not know policies of version ${String(version)}`);
  const all = Array.isArray(document.Statement) ? document.Statement : [document.Statement];
  return all.flatMap((statement, index) => {
    const path = Array.isArray(document.Statement) ? `Statement.${index}` : 'Statement';
    if (!isObject(statement)) {
      complain(path, 'must be a statement');
      return [];
    }
    // Variables came with the newer version; in the older one `${` is two characters like any others.
    if (version === '2012-10-17') refuseVariables(statement, path, complain);
    return [parseStatement(statement, kind, path, complain)];
  });
}

function parseStatement(statement: Record<string, unknown>, kind: PolicyKind, path: string, complain: Complain): Statement {
  for (const name of Object.keys(statement)) {
    if (!ELEMENTS.includes(name)) complain(`${path}.${name}`, 'the engine does not know this element of a statement');
  }
  const { Effect: effect } = statement;
  if (effect !== 'Allow' && effect !== 'Deny') complain(`${path}.Effect`, 'must be Allow or Deny');
  return {
    effect: effect === 'Allow' ? 'Allow' : 'Deny',
    principal: principalOf(statement, kind, path, complain),
    action: matcherOf(statement, 'Action', path, complain, (pattern) => wildcard(pattern, { lowerCase: true })),
    resource:
      kind === 'trust'
        ? ownRole(statement, path, complain)
        : matcherOf(statement, 'Resource', path, complain, (pattern) => wildcard(pattern)),
    conditions: parseConditions(statement.Condition, `${path}.Condition`, complain),
  };
}

function principalOf(
  { Principal, NotPrincipal, Effect }: Record<string, unknown>,
  kind: PolicyKind,
  path: string,
  complain: Complain,
): PrincipalMatcher | undefined {
  const given = [Principal, NotPrincipal].filter((element) => element !== undefined).length;
  if (kind === 'identity') {
    if (given > 0) complain(path, 'a policy of an identity names no principal');
    return undefined;
  }
  if (given !== 1) complain(path, 'needs either Principal or NotPrincipal');
  if (NotPrincipal === undefined) return parsePrincipal(Principal ?? '*', `${path}.Principal`, complain);
  // Together with Allow it would let in everybody else, strangers without a signature too.
  if (Effect === 'Allow') complain(`${path}.NotPrincipal`, 'stands with Deny only');
  return parseNotPrincipal(NotPrincipal, `${path}.NotPrincipal`, complain);
}

/** `Action` or `NotAction`, `Resource` or `NotResource`: exactly one of the two. */
function matcherOf(
  statement: Record<string, unknown>,
  name: 'Action' | 'Resource',
  path: string,
  complain: Complain,
  compile: (pattern: string) => Matcher,
): Matcher {
  const [wanted, excluded] = [statement[name], statement[`Not${name}`]];
  if ((wanted === undefined) === (excluded === undefined)) {
    complain(path, `needs either ${name} or Not${name}`);
    return () => false;
  }
  const patterns = textsOf(wanted ?? excluded);
  if (patterns === undefined || patterns.length === 0) {
    complain(`${path}.${wanted === undefined ? `Not${name}` : name}`, 'must be a text or a list of texts');
    return () => false;
  }
  const matches = anyOf(patterns.map(compile));
  return wanted === undefined ? (text) => !matches(text) : matches;
}

function ownRole(statement: Record<string, unknown>, path: string, complain: Complain): Matcher {
  for (const name of ['Resource', 'NotResource']) {
    if (statement[name] !== undefined) complain(`${path}.${name}`, 'a trust policy names no resource');
  }
  return () => true;
}

function refuseVariables(value: unknown, path: string, complain: Complain): void {
  if (typeof value === 'string') {
    if (value.includes('${')) complain(path, `the engine does not fill in variables of policies: ${value}`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) refuseVariables(member, `${path}.${name}`, complain);
  }
}
