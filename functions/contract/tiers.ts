/** How long a recovery point stays: each word is a value of the object tag `retention` and a lifecycle rule of the vault. */
export const TIERS = ['daily', 'weekly', 'monthly', 'yearly'] as const;
export type Tier = (typeof TIERS)[number];

/** All values the tag may have: the tiers, `pinned` (no rule matches it) and `failed` (leftovers). */
export const RETENTION_TAG = 'retention';
export const RETENTION_VALUES = [...TIERS, 'pinned', 'failed'] as const;
export type Retention = (typeof RETENTION_VALUES)[number];

export const TRIGGERS = ['manual', 'schedule', 'deploy'] as const;
export type Trigger = (typeof TRIGGERS)[number];
