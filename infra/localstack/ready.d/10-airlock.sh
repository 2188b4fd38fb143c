#!/bin/sh
# Makes what airlock needs in LocalStack: two buckets, the queue with its DLQ, and the notification
# from one to the other. LocalStack runs it when it is ready, in compose and under run.sh alike; it
# may be run again. `airlock doctor` says whether what it made is what airlock needs.
set -eu

quarantine=airlock-quarantine
clean=airlock-clean
queue=airlock-uploads
account=000000000000
arn=arn:aws:sqs:us-east-1:$account

for bucket in "$quarantine" "$clean"; do
  awslocal s3api create-bucket --bucket "$bucket" >/dev/null
  awslocal s3api put-public-access-block --bucket "$bucket" --public-access-block-configuration \
    BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true
done

# Expiry after more than the DLQ's 14 days: a redrive on day 10 must find its object.
awslocal s3api put-bucket-lifecycle-configuration --bucket "$quarantine" --lifecycle-configuration '{"Rules": [
  {"ID": "airlock-abort-multipart", "Status": "Enabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
  {"ID": "airlock-expire", "Status": "Enabled", "Filter": {"Prefix": "quarantine/"}, "Expiration": {"Days": 15}}]}' >/dev/null
awslocal s3api put-bucket-lifecycle-configuration --bucket "$clean" --lifecycle-configuration '{"Rules": [
  {"ID": "airlock-abort-multipart", "Status": "Enabled", "Filter": {"Prefix": ""}, "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}]}' >/dev/null

# The headers are those that the signer signs. Any origin: the signature is the guard, not CORS.
awslocal s3api put-bucket-cors --bucket "$quarantine" --cors-configuration '{"CORSRules": [{
  "AllowedOrigins": ["*"], "AllowedMethods": ["PUT", "POST"],
  "AllowedHeaders": ["content-type", "if-none-match", "x-amz-checksum-sha256"],
  "ExposeHeaders": ["ETag", "Location", "x-amz-version-id", "x-amz-request-id"], "MaxAgeSeconds": 600}]}'

# quoted is JSON as a string inside of JSON.
quoted() { printf %s "$1" | tr -d '\n' | sed 's/"/\\"/g'; }
redrive='{"deadLetterTargetArn": "'$arn:$queue-dlq'", "maxReceiveCount": 10}'
allow='{"redrivePermission": "byQueue", "sourceQueueArns": ["'$arn:$queue'"]}'
policy='{"Version": "2012-10-17", "Statement": [{"Sid": "AirlockNotifications", "Effect": "Allow",
  "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "'$arn:$queue'",
  "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::'$quarantine'"}, "StringEquals": {"aws:SourceAccount": "'$account'"}}}]}'

for name in "$queue-dlq" "$queue"; do
  awslocal sqs create-queue --queue-name "$name" >/dev/null
done
url=$(awslocal sqs get-queue-url --queue-name "$queue" --output text --query QueueUrl)
awslocal sqs set-queue-attributes --queue-url "$url" --attributes '{
  "VisibilityTimeout": "60", "ReceiveMessageWaitTimeSeconds": "20", "MessageRetentionPeriod": "345600",
  "RedrivePolicy": "'"$(quoted "$redrive")"'", "Policy": "'"$(quoted "$policy")"'"}'
awslocal sqs set-queue-attributes --queue-url "$url-dlq" --attributes '{
  "MessageRetentionPeriod": "1209600", "RedriveAllowPolicy": "'"$(quoted "$allow")"'"}'

awslocal s3api put-bucket-notification-configuration --bucket "$quarantine" --notification-configuration '{"QueueConfigurations": [{
  "Id": "airlock", "QueueArn": "'"$arn:$queue"'", "Events": ["s3:ObjectCreated:*", "s3:LifecycleExpiration:Delete"],
  "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "quarantine/"}]}}}]}'
