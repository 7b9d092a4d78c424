import { createRequire } from 'node:module';
import type { XMLParser } from 'fast-xml-parser';
import { S3Error } from './s3-error.ts';

/** Undefined leaves the element out; an array repeats it. */
export type XmlValue = string | number | boolean | undefined | XmlValue[] | { [name: string]: XmlValue };

/** One element of a request: its text, or its children by name. */
export interface XmlElement {
  text: string;
  children: Record<string, XmlElement[]>;
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
let parser: XMLParser | undefined;

/** An XML document with one root element. */
export function xmlDocument(root: string, content: XmlValue, namespace = NAMESPACE): string {
  const attribute = namespace ? ` xmlns="${namespace}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${inner(content)}</${root}>`;
}

/** Reads a request document; throws `MalformedXML` if it is none or if its root is not `root`. */
export function parseXml(text: string, root: string): XmlElement {
  if (text.includes('<!DOCTYPE')) throw malformed('A document type is not allowed.');
  parser ??= newParser();
  let parsed: Record<string, unknown>;
  try {
    parsed = parser.parse(text, true) as Record<string, unknown>;
  } catch (error) {
    throw malformed(error instanceof Error ? error.message : String(error));
  }
  if (!(root in parsed)) throw malformed(`Expected the element ${root}.`);
  return toElement(parsed[root]);
}

/** The text of an optional child. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children[name]?.[0]?.text;
}

/** Refuses children that nobody reads: an ignored element would be a request carried out by halves. */
export function allowOnly(element: XmlElement, names: string[]): void {
  const unknown = Object.keys(element.children).find((name) => !names.includes(name));
  if (unknown) throw new S3Error('NotImplemented', `The element ${unknown} is not implemented.`);
}

function toElement(node: unknown): XmlElement {
  if (typeof node !== 'object' || node === null) return { text: String(node ?? ''), children: {} };
  const { '#text': text, ...rest } = node as Record<string, unknown>;
  const children = Object.entries(rest).map(([name, value]) => [name, (Array.isArray(value) ? value : [value]).map(toElement)]);
  return { text: String(text ?? ''), children: Object.fromEntries(children) };
}

function inner(value: XmlValue): string {
  if (value === undefined) return '';
  if (typeof value !== 'object') return escapeXml(String(value));
  return Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([name, child]) => (Array.isArray(child) ? child : [child]).map((item) => `<${name}>${inner(item)}</${name}>`).join(''))
    .join('');
}

function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys may hold control characters, which must leave as references
  return text.replace(/[&<>"\u0000-\u001f]/g, (c) => `&#x${c.charCodeAt(0).toString(16)};`);
}

function malformed(reason: string): S3Error {
  return new S3Error('MalformedXML', `The XML you provided was not well-formed or did not validate: ${reason}`);
}

/** Loaded with the first document that comes: that takes 20 ms, and most starts of the engine see none. */
function newParser(): XMLParser {
  const loaded = createRequire(import.meta.url)('fast-xml-parser') as typeof import('fast-xml-parser');
  return new loaded.XMLParser({
    ignoreAttributes: true,
    ignoreDeclaration: true,
    // Keys may begin or end with blanks and look like numbers: nothing is trimmed or converted.
    parseTagValue: false,
    trimValues: false,
    // The SDK writes line breaks of a key as &#x0A;, which the parser decodes with this option only. One &quot; pair per ETag of
    // 10,000 parts is far beyond its default limits against entity bombs, which need a DOCTYPE to begin with.
    htmlEntities: true,
    processEntities: { enabled: true, maxTotalExpansions: Number.POSITIVE_INFINITY, maxExpandedLength: Number.POSITIVE_INFINITY },
  });
}
