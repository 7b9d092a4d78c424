import { holds } from './conditions.ts';
import { intrinsicOf, splitOnce, text, Unresolvable, withoutDynamicReference } from './intrinsic.ts';
import { arn, type Place } from './place.ts';
import type { Problem } from './problem.ts';
import { type Facts, hexOf, type ResourceType, resourceTypes } from './resource-types.ts';
import type { Template, TemplateResource } from './template.ts';

/** Stands for AWS::NoValue: the property that has it is left out. */
const noValue = Symbol('AWS::NoValue');

/** Resolves the intrinsic functions of one stack's template. Values that cannot be resolved become problems, never guesses. */
export class Resolver {
  readonly stack: string;
  readonly template: Template;
  readonly place: Place;
  readonly #imports: (name: string) => string | undefined;
  readonly #problems: Problem[];
  readonly #names = new Map<string, string>();
  readonly #resolving = new Set<string>();

  constructor(options: {
    stack: string;
    template: Template;
    place: Place;
    /** The value that any stack of the assembly exports under a name. */
    imports: (name: string) => string | undefined;
    problems: Problem[];
  }) {
    this.stack = options.stack;
    this.template = options.template;
    this.place = options.place;
    this.#imports = options.imports;
    this.#problems = options.problems;
  }

  /** The value with every intrinsic replaced; `logicalId` and `path` say where it stands when it cannot be. */
  resolve(value: unknown, logicalId: string, path: string): unknown {
    const resolved = this.#walk(value, logicalId, path);
    return resolved === noValue ? undefined : resolved;
  }

  /** Whether a resource or an output exists: it has no condition, or its condition holds. */
  exists(item: { Condition?: string }): boolean {
    return item.Condition === undefined || this.#condition(item.Condition);
  }

  /** The name a resource goes by on the (local) platform. */
  physicalName(logicalId: string): string {
    const known = this.#names.get(logicalId);
    if (known !== undefined) return known;
    const { resource, type } = this.#resource(logicalId);
    const name = this.#guarded(`name of ${logicalId}`, () => this.#nameOf(logicalId, resource, type));
    this.#names.set(logicalId, name);
    return name;
  }

  /** What `Ref` gives for a resource. */
  reference(logicalId: string): string {
    const { type } = this.#resource(logicalId);
    return type.ref === undefined ? this.physicalName(logicalId) : type.ref(this.#facts(logicalId));
  }

  /** What `Fn::GetAtt` gives for a resource. */
  attribute(logicalId: string, name: string): unknown {
    const { resource, type } = this.#resource(logicalId);
    const attribute = type.attributes?.[name];
    if (attribute === undefined) throw new Unresolvable(`the engine does not know the attribute ${name} of ${resource.Type}`);
    return attribute(this.#facts(logicalId));
  }

  #nameOf(logicalId: string, resource: TemplateResource, type: ResourceType): string {
    const given = type.nameProperty === undefined ? undefined : this.#property(resource, type.nameProperty);
    if (typeof given === 'string') return given;
    const full = `${this.stack}-${logicalId}`;
    const limit = type.nameLimit ?? 255;
    const cut = full.length <= limit ? full : `${full.slice(0, limit - 9)}-${hexOf(full, 8)}`;
    return type.lowerCase ? cut.toLowerCase() : cut;
  }

  #facts(logicalId: string): Facts {
    const { resource } = this.#resource(logicalId);
    return {
      place: this.place,
      name: this.physicalName(logicalId),
      property: (name) => this.#guarded(`${logicalId}.${name}`, () => this.#property(resource, name)),
    };
  }

  #property(resource: TemplateResource, name: string): unknown {
    const value = this.#evaluate(resource.Properties?.[name]);
    return value === noValue ? undefined : value;
  }

  #resource(logicalId: string): { resource: TemplateResource; type: ResourceType } {
    const resource = this.template.Resources?.[logicalId];
    if (resource === undefined) throw new Unresolvable(`there is no resource ${logicalId}`);
    const type = resourceTypes[resource.Type];
    if (type === undefined) throw new Unresolvable(`${logicalId} is of the unknown type ${resource.Type}`);
    return { resource, type };
  }

  #guarded<T>(what: string, compute: () => T): T {
    if (this.#resolving.has(what)) throw new Unresolvable(`${what} depends on itself`);
    this.#resolving.add(what);
    try {
      return compute();
    } finally {
      this.#resolving.delete(what);
    }
  }

  #walk(value: unknown, logicalId: string, path: string): unknown {
    const intrinsic = intrinsicOf(value);
    if (intrinsic !== undefined || typeof value !== 'object' || value === null) {
      try {
        return this.#evaluate(value);
      } catch (error) {
        if (!(error instanceof Unresolvable)) throw error;
        this.#problems.push({ stack: this.stack, logicalId, path, message: error.message });
        return noValue;
      }
    }
    if (Array.isArray(value)) {
      return value.map((item, index) => this.#walk(item, logicalId, `${path}.${index}`)).filter((item) => item !== noValue);
    }
    const members = Object.entries(value).map(([name, item]) => [name, this.#walk(item, logicalId, `${path}.${name}`)]);
    return Object.fromEntries(members.filter(([, item]) => item !== noValue));
  }

  #evaluate(value: unknown): unknown {
    if (typeof value === 'string') return withoutDynamicReference(value);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#evaluate(item)).filter((item) => item !== noValue);
    const intrinsic = intrinsicOf(value);
    if (intrinsic !== undefined) return this.#intrinsic(intrinsic.name, intrinsic.argument);
    const members = Object.entries(value).map(([name, item]) => [name, this.#evaluate(item)]);
    return Object.fromEntries(members.filter(([, item]) => item !== noValue));
  }

  #intrinsic(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(String(argument));
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = Array.isArray(argument) ? argument : splitOnce(String(argument), '.');
        return this.attribute(String(logicalId), String(this.#evaluate(attribute)));
      }
      case 'Fn::Join': {
        const [separator, items] = argument as [string, unknown];
        return this.#list(items, name).map(text).join(separator);
      }
      case 'Fn::Sub':
        return this.#substitute(argument);
      case 'Fn::Select': {
        const [index, items] = argument as [unknown, unknown];
        const item = this.#list(items, name)[Number(this.#evaluate(index))];
        if (item === undefined) throw new Unresolvable(`Fn::Select has no item ${String(index)}`);
        return item;
      }
      case 'Fn::Split': {
        const [separator, whole] = argument as [string, unknown];
        return text(this.#evaluate(whole)).split(separator);
      }
      case 'Fn::ImportValue': {
        const exported = text(this.#evaluate(argument));
        const value = this.#imports(exported);
        if (value === undefined) throw new Unresolvable(`no stack of this assembly exports ${exported}`);
        return value;
      }
      case 'Fn::FindInMap': {
        const [map, first, second] = (argument as unknown[]).map((key) => text(this.#evaluate(key))) as [string, string, string];
        const value = this.template.Mappings?.[map]?.[first]?.[second];
        if (value === undefined) throw new Unresolvable(`there is no mapping ${map}.${first}.${second}`);
        return value;
      }
      case 'Fn::If': {
        const [condition, yes, no] = argument as [string, unknown, unknown];
        return this.#evaluate(this.#condition(condition) ? yes : no);
      }
      default:
        throw new Unresolvable(`the engine does not know the intrinsic function ${name}`);
    }
  }

  #ref(name: string): unknown {
    switch (name) {
      case 'AWS::Region':
        return this.place.region;
      case 'AWS::AccountId':
        return this.place.account;
      case 'AWS::Partition':
        return this.place.partition;
      case 'AWS::URLSuffix':
        return this.place.urlSuffix;
      case 'AWS::StackName':
        return this.stack;
      case 'AWS::StackId':
        return stackId(this.place, this.stack);
      case 'AWS::NoValue':
        return noValue;
    }
    if (name.startsWith('AWS::')) throw new Unresolvable(`the engine does not know the pseudo parameter ${name}`);
    const parameter = this.template.Parameters?.[name];
    if (parameter === undefined) return this.reference(name);
    if (parameter.Default === undefined) throw new Unresolvable(`the parameter ${name} has no default value`);
    if (parameter.Type.startsWith('AWS::'))
      throw new Unresolvable(`the engine does not look up parameters of type ${parameter.Type}`);
    return parameter.Default;
  }

  #substitute(argument: unknown): string {
    const [pattern, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Record<string, unknown>];
    return pattern.replace(/\$\{(!?)([^}]*)\}/g, (_whole, literal: string, name: string) => {
      if (literal === '!') return `\${${name}}`;
      if (name in variables) return text(this.#evaluate(variables[name]));
      const [logicalId, attribute] = splitOnce(name, '.');
      return text(attribute === undefined ? this.#ref(name) : this.attribute(logicalId as string, attribute));
    });
  }

  #list(value: unknown, intrinsic: string): unknown[] {
    const items = this.#evaluate(value);
    if (!Array.isArray(items)) throw new Unresolvable(`${intrinsic} needs a list`);
    return items;
  }

  #condition(name: string): boolean {
    const definition = this.template.Conditions?.[name];
    if (definition === undefined) throw new Unresolvable(`there is no condition ${name}`);
    return this.#guarded(`condition ${name}`, () =>
      holds(definition, { evaluate: (value) => this.#evaluate(value), condition: (other) => this.#condition(other) }),
    );
  }
}

export function stackId(place: Place, stack: string): string {
  return arn(place, 'cloudformation', `stack/${stack}/${hexOf(stack, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')}`);
}
