#!/bin/sh
# Puts the files into a bucket and creates the tuning job. Needs the gcloud command, signed in.
set -e
bucket=${1:?name the bucket: sh submit.sh BUCKET PROJECT LOCATION}
project=${2:?name the project}
location=${3:?name the location, such as us-central1}
gcloud storage cp train.jsonl validation.jsonl "gs://$bucket/"
sed "s#gs://BUCKET/#gs://$bucket/#" tuning_job.json | curl --fail-with-body -sS -X POST \
  -H "Authorization: Bearer $(gcloud auth print-access-token)" -H "Content-Type: application/json" --data-binary @- \
  "https://$location-aiplatform.googleapis.com/v1/projects/$project/locations/$location/tuningJobs"
