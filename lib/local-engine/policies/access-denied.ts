import { ServiceError } from '../service-error.ts';

/** A refusal by policies. Services that name it otherwise than most say so with {@link as}. */
export class AccessDenied extends ServiceError {
  constructor(message: string, code = 'AccessDeniedException', status = 400) {
    super(code, message, status);
  }

  as(code: string, status: number): AccessDenied {
    return new AccessDenied(this.message, code, status);
  }
}
