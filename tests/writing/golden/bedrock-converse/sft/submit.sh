#!/bin/sh
# Puts the files into a bucket and creates the job. Needs the aws command, signed in; the role must read the bucket.
set -e
bucket=${1:?name the bucket: sh submit.sh BUCKET ROLE_ARN}
role=${2:?name the role that the service takes}
for name in train.jsonl validation.jsonl; do aws s3 cp "$name" "s3://$bucket/$name"; done
sed -e "s#s3://BUCKET/#s3://$bucket/#g" -e "s#\"ROLE\"#\"$role\"#" job.json > job.filled.json
aws bedrock create-model-customization-job --cli-input-json file://job.filled.json
