import { S3Error } from './s3-error.ts';
import type { Tag } from './version.ts';
import { allowOnly, childText, parseXml } from './xml.ts';

const ALLOWED = /^[\p{L}\p{N}\p{Z}+\-=._:/@]*$/u;
const MOST_TAGS = 10;

/** The tags of an `x-amz-tagging` header: `a=b&c=d`, percent-encoded. Throws `InvalidArgument` or `InvalidTag`. */
export function parseTagHeader(header: string | undefined): Tag[] {
  if (!header) return [];
  try {
    const pairs = header.split('&').map((pair) => {
      const [key = '', ...value] = pair.replaceAll('+', ' ').split('=');
      return { key: decodeURIComponent(key), value: decodeURIComponent(value.join('=')) };
    });
    return checked(pairs);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw new S3Error(
      'InvalidArgument',
      'The header x-amz-tagging shall be encoded as UTF-8 then URLEncoded URL query parameters.',
    );
  }
}

/** The tags of a `Tagging` document. */
export function parseTagDocument(text: string): Tag[] {
  const tagging = parseXml(text, 'Tagging');
  allowOnly(tagging, ['TagSet']);
  const [tagSet] = tagging.children.TagSet ?? [];
  if (!tagSet) throw new S3Error('MalformedXML', 'The Tagging document has no TagSet.');
  allowOnly(tagSet, ['Tag']);
  const tags = (tagSet.children.Tag ?? []).map((tag) => {
    allowOnly(tag, ['Key', 'Value']);
    const [key, value] = [childText(tag, 'Key'), childText(tag, 'Value')];
    if (key === undefined || value === undefined) throw new S3Error('MalformedXML', 'A Tag needs a Key and a Value.');
    return { key, value };
  });
  return checked(tags);
}

function checked(tags: Tag[]): Tag[] {
  if (tags.length > MOST_TAGS) throw new S3Error('InvalidTag', 'Object tags cannot be greater than 10');
  if (new Set(tags.map((tag) => tag.key)).size < tags.length) {
    throw new S3Error('InvalidTag', 'Cannot provide multiple Tags with the same key');
  }
  for (const { key, value } of tags) {
    if (key.length < 1 || key.length > 128 || !ALLOWED.test(key))
      throw new S3Error('InvalidTag', `The TagKey you have provided is invalid: ${key}`);
    if (value.length > 256 || !ALLOWED.test(value))
      throw new S3Error('InvalidTag', `The TagValue you have provided is invalid: ${value}`);
  }
  return tags;
}
