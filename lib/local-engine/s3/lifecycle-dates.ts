export const DAY = 86_400_000;

/**
 * When an action with a number of days is due: "adding the number of days specified in the rule to the object creation time and rounding
 * the resulting time to the next day midnight UTC" (S3 user guide, Lifecycle configuration elements). What was made at midnight is
 * rounded to the next one too, so that nothing is ever due earlier than on AWS.
 */
export function dueAfter(from: string, days: number): Date {
  return new Date((Math.floor(Date.parse(from) / DAY) + days + 1) * DAY);
}
