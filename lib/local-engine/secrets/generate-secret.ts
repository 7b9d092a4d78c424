import { randomInt } from 'node:crypto';

/** `GenerateSecretString` as CloudFormation writes it. */
export interface GeneratedSecret {
  ExcludeCharacters?: string;
  ExcludeLowercase?: boolean;
  ExcludeNumbers?: boolean;
  ExcludePunctuation?: boolean;
  ExcludeUppercase?: boolean;
  GenerateStringKey?: string;
  IncludeSpace?: boolean;
  PasswordLength?: number;
  RequireEachIncludedType?: boolean;
  SecretStringTemplate?: string;
}

const LOWER_CASE = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
/** Those that GetRandomPassword names. */
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const USUAL_LENGTH = 32;

/** A random text, alone or under its name in the template's JSON. */
export function generateSecret(wish: GeneratedSecret): string {
  const password = randomPassword(wish);
  if (wish.GenerateStringKey === undefined) return password;
  const template = JSON.parse(wish.SecretStringTemplate ?? '{}') as Record<string, unknown>;
  return JSON.stringify({ ...template, [wish.GenerateStringKey]: password });
}

function randomPassword(wish: GeneratedSecret): string {
  const kinds = [
    wish.ExcludeLowercase === true ? '' : LOWER_CASE,
    wish.ExcludeUppercase === true ? '' : LOWER_CASE.toUpperCase(),
    wish.ExcludeNumbers === true ? '' : DIGITS,
    wish.ExcludePunctuation === true ? '' : PUNCTUATION,
    wish.IncludeSpace === true ? ' ' : '',
  ]
    .map((characters) => [...characters].filter((character) => !(wish.ExcludeCharacters ?? '').includes(character)))
    .filter((characters) => characters.length > 0);
  const required = wish.RequireEachIncludedType === false ? [] : kinds.map(oneOf);
  const all = kinds.flat();
  const rest = Array.from({ length: (wish.PasswordLength ?? USUAL_LENGTH) - required.length }, () => oneOf(all));
  return shuffled([...required, ...rest]).join('');
}

function oneOf(characters: string[]): string {
  return characters[randomInt(characters.length)]!;
}

function shuffled(characters: string[]): string[] {
  for (let last = characters.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [characters[last], characters[other]] = [characters[other]!, characters[last]!];
  }
  return characters;
}
