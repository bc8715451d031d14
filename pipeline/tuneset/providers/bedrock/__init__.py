"""Model customization on Amazon Bedrock, through boto3 (extra `bedrock`); files lie in the user's own bucket of S3."""
