import { ServiceError } from '../service-error.ts';
import type { Call, Service } from './service.ts';

/** The AWS query protocol: a form with `Action=` in, XML out, lists as `<member>`. */
export function queryService(options: { namespace: string; call: Call }): Service {
  const contentType = 'text/xml';
  return {
    async answer({ body, caller }) {
      const form = new URLSearchParams(body.toString('utf8'));
      const action = form.get('Action');
      if (action === null) throw new ServiceError('MissingAction', 'The request names no Action');
      const result = await options.call(action, Object.fromEntries(form), caller);
      const inner = element(`${action}Result`, result ?? {}) + element('ResponseMetadata', { RequestId: 'local' });
      const xml = `<${action}Response xmlns="${options.namespace}">${inner}</${action}Response>`;
      return { status: 200, headers: { 'content-type': contentType }, body: xml };
    },
    failure: ({ code, message, status }) => ({
      status,
      headers: { 'content-type': contentType },
      body: `<ErrorResponse xmlns="${options.namespace}">${element('Error', { Type: 'Sender', Code: code, Message: message })}<RequestId>local</RequestId></ErrorResponse>`,
    }),
  };
}

function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => element('member', item)).join('');
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, member]) => element(name, member))
      .join('');
  }
  return escapeXml(String(value));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
}
