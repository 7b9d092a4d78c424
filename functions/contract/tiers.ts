/** How long a recovery point stays: each word is a value of the object tag `retention` and a lifecycle rule of the vault. */
export const TIERS = ['daily', 'weekly', 'monthly', 'yearly'] as const;
export type Tier = (typeof TIERS)[number];

/** All values the tag may have: the tiers, `pinned` (no rule matches it) and `failed` (leftovers). */
export const RETENTION_TAG = 'retention';
export const RETENTION_VALUES = [...TIERS, 'pinned', 'failed'] as const;
export type Retention = (typeof RETENTION_VALUES)[number];

export const TRIGGERS = ['manual', 'schedule', 'deploy'] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Storage classes that artifacts may be moved to, and the days that each is charged for at least (S3's price list, 2026). */
export const COLDER_CLASSES = { STANDARD_IA: 30, GLACIER_IR: 90, GLACIER: 90, DEEP_ARCHIVE: 180 } as const;
export type ColderClass = keyof typeof COLDER_CLASSES;
export interface Colder {
  readonly storageClass: ColderClass;
  /** Days after it was stored. */
  readonly afterDays: number;
}
