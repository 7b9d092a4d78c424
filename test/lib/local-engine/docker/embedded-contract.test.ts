import { afterAll, beforeAll, describe } from 'vitest';
import { contractTests } from './contract.ts';
import { embedded } from './fixture.ts';

describe('the stand-in for docker', () => {
  let host: ReturnType<typeof embedded>;
  beforeAll(() => {
    host = embedded();
  });
  afterAll(() => host.remove());
  contractTests(() => host.subject);
});
