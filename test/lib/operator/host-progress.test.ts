import { expect, test } from 'vitest';
import { HostProgress, parseHostProgress } from '../../../lib/operator/host-progress.ts';

test('only progress lines of the known form are progress', () => {
  expect(parseHostProgress('progress {"source":"database-app","bytes":123}')).toEqual({ source: 'database-app', bytes: 123 });
  expect(parseHostProgress('pg_dump: warning')).toBe(null);
  expect(parseHostProgress('progress {"source":"database-app"')).toBe(null);
  expect(parseHostProgress('progress {"source":"x","bytes":-1}')).toBe(null);
});

test('bytes grow with their rate, and a source that fell silent is left out', () => {
  const progress = new HostProgress();
  progress.take({ source: 'database-app', bytes: 1_000_000 }, 10_000);
  progress.take({ source: 'database-app', bytes: 5_000_000, note: 'dump' }, 12_000);
  progress.take({ source: 'volume-uploads', bytes: 10 }, 1000);
  expect(progress.texts(12_500)).toEqual(['database-app  5.0 MB  2.0 MB/s  dump']);
});

test('a second attempt starts again without a negative rate', () => {
  const progress = new HostProgress();
  progress.take({ source: 'a', bytes: 900 }, 1000);
  progress.take({ source: 'a', bytes: 10 }, 2000);
  expect(progress.texts(2000)).toEqual(['a  10 B']);
});
