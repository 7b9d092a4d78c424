/** What CDK leaves to the app, and every stack needs. */
export const FEATURE_FLAGS: Record<string, unknown> = {
  // The vault must not be able to drop what the workflows use.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  // A bucket whose owner is enforced has no access list that could let the log service in.
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
};
