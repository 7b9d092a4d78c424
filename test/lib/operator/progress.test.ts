import { expect, test } from 'vitest';
import { Progress } from '../../../lib/operator/progress.ts';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  return { written, write: (text: string) => written.push(text), isTTY, columns: () => 30 };
}

test('plain output is lines and nothing that moves', () => {
  const plain = terminal(false);
  const progress = new Progress(plain);
  progress.line('one');
  progress.live('moving');
  progress.end();
  expect(plain.written.join('')).toBe('one\n');
});

test('a terminal keeps its moving line below the lines that stay, cut to its width', () => {
  const watched = terminal(true);
  const progress = new Progress(watched);
  progress.live('x'.repeat(50));
  progress.line('one');
  progress.end();
  const moving = 'x'.repeat(29);
  expect(watched.written).toEqual([moving, `\r\u001b[2Kone\n${moving}`, '\r\u001b[2K']);
});

test('quiet writes nothing', () => {
  const progress = new Progress(null);
  progress.line('one');
  progress.live('two');
  progress.end();
  expect(progress.isLive).toBe(false);
});
