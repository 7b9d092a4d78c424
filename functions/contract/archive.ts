/** Storage classes of S3 whose bytes must be asked for and waited for before they can be read; GLACIER_IR is read at once. */
export const ARCHIVE_CLASSES = ['GLACIER', 'DEEP_ARCHIVE'] as const;
export type ArchiveClass = (typeof ARCHIVE_CLASSES)[number];

/** How fast, and how dear. Expedited is left out: it knows no DEEP_ARCHIVE, and is refused when AWS is busy. */
export const THAW_TIERS = ['Standard', 'Bulk'] as const;
export type ThawTier = (typeof THAW_TIERS)[number];

/** Hours that AWS names; `least` is 0 where it names only the most. */
export const THAW_HOURS: Record<ArchiveClass, Record<ThawTier, { least: number; most: number }>> = {
  GLACIER: { Standard: { least: 3, most: 5 }, Bulk: { least: 5, most: 12 } },
  DEEP_ARCHIVE: { Standard: { least: 0, most: 12 }, Bulk: { least: 0, most: 48 } },
};

/** So long the copy in STANDARD stays: the slowest may come two days after the fastest, and then everything must be read. */
export const THAWED_DAYS = 7;

export function isArchiveClass(name: string | undefined): name is ArchiveClass {
  return ARCHIVE_CLASSES.some((known) => known === name);
}
