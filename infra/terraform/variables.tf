variable "name" {
  description = "Name of the queue is <name>-uploads, of the roles <name>-signer and <name>-validator."
  type        = string
  default     = "airlock"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,39}$", var.name))
    error_message = "name must be made of a-z, 0-9 and -, begin with a letter, and have at most 40 characters."
  }
}

variable "quarantine_bucket" {
  description = "Name of the bucket that clients put into."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.quarantine_bucket))
    error_message = "quarantine_bucket must be the name of a bucket: 3 to 63 of a-z, 0-9, - and ."
  }
}

variable "clean_bucket" {
  description = "Name of the bucket for what was accepted. The name of the quarantine bucket makes one bucket of both; then the prefixes must be apart, and nothing is versioned."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.clean_bucket))
    error_message = "clean_bucket must be the name of a bucket: 3 to 63 of a-z, 0-9, - and ."
  }
}

variable "quarantine_prefix" {
  description = "Prefix of quarantine keys."
  type        = string
  default     = "quarantine/"

  validation {
    condition     = can(regex("^([a-z0-9_-][a-z0-9._-]*/)*$", var.quarantine_prefix))
    error_message = "quarantine_prefix must be made of a-z, 0-9, . _ - and /, end with / and not begin with it: \"quarantine/\". The binary takes no other."
  }
}

variable "clean_prefix" {
  description = "Prefix of clean keys."
  type        = string
  default     = "clean/"

  validation {
    condition     = can(regex("^([a-z0-9_-][a-z0-9._-]*/)*$", var.clean_prefix))
    error_message = "clean_prefix must be made of a-z, 0-9, . _ - and /, end with / and not begin with it: \"clean/\". The binary takes no other."
  }
}

variable "methods" {
  description = "How clients upload: what stands under `methods` in the profiles of airlock.yaml, all together. `post` exempts forms from If-None-Match, which they can't send; `multipart` lets the signer list and abort parts."
  type        = set(string)
  default     = ["put"]

  validation {
    condition     = length(setsubtract(var.methods, ["put", "post", "multipart"])) == 0 && length(var.methods) > 0
    error_message = "methods may hold put, post and multipart, and at least one of them."
  }
}

variable "downloads" {
  description = "Whether the signer may read the clean zone, for GET /v1/uploads/{id}/download."
  type        = bool
  default     = true
}

variable "cors_allowed_origins" {
  description = "Origins whose pages upload, such as https://app.example; [] where no browser does. [\"*\"] needs cors_allow_any_origin."
  type        = list(string)

  validation {
    condition     = alltrue([for o in var.cors_allowed_origins : o == "*" || can(regex("^https?://[^/?#\\s]+$", o))])
    error_message = "cors_allowed_origins must be origins as browsers send them: https://app.example or http://localhost:3000, without a path or a / at the end."
  }
}

variable "cors_allow_any_origin" {
  description = "Whether pages of any origin may upload. That gives nobody a right to: without a presigned URL the bucket refuses, and who has one may use curl. It takes away a hurdle for a page that got hold of a URL."
  type        = bool
  default     = false
}

variable "cors_allow_any_header" {
  description = "Whether browsers may send any header, and not just those that are signed. Needed only where something between adds headers of its own; S3 stores some of them, the validator drops them at promotion."
  type        = bool
  default     = false
}

variable "max_signature_age" {
  description = "How old the signature of a request may be, in milliseconds. The longest `expires` of the profiles must fit in; `airlock doctor` compares. 3,600,000 is the longest that airlock.yaml takes."
  type        = number
  default     = 3600000

  validation {
    condition     = var.max_signature_age >= 120000 && var.max_signature_age <= 3600000
    error_message = "max_signature_age is in milliseconds, from 120000 to 3600000: airlock signs for 2 minutes at least and an hour at most."
  }
}

variable "quarantine_expiry_days" {
  description = "Days after which quarantine forgets what nobody judged. More than the DLQ keeps a message: what is redriven on its last day must find its object. In health quarantine is empty, so this costs nothing."
  type        = number
  default     = 15

  validation {
    condition     = var.quarantine_expiry_days >= 2 && floor(var.quarantine_expiry_days) == var.quarantine_expiry_days
    error_message = "quarantine_expiry_days must be a whole number of days, 2 or more."
  }
}

variable "clean_noncurrent_days" {
  description = "Days for which the clean bucket keeps what was overwritten or deleted there."
  type        = number
  default     = 30

  validation {
    condition     = var.clean_noncurrent_days >= 1
    error_message = "clean_noncurrent_days must be 1 or more."
  }
}

variable "visibility_timeout" {
  description = "Seconds for which a received message is hidden; the validator extends it while it works."
  type        = number
  default     = 60

  validation {
    condition     = var.visibility_timeout >= 30 && var.visibility_timeout <= 43200
    error_message = "visibility_timeout must be 30 to 43200 seconds: below 30 the validator's heartbeat has no time, work in hand would be given out twice, and the validator refuses to start."
  }
}

variable "queue_retention_days" {
  description = "Days for which the queue keeps a message that nobody takes."
  type        = number
  default     = 4

  validation {
    condition     = var.queue_retention_days >= 1 && var.queue_retention_days <= 14
    error_message = "queue_retention_days must be 1 to 14, which is the most that SQS keeps."
  }
}

variable "dlq_retention_days" {
  description = "Days for which the dead-letter queue keeps a message, counted from its first arrival in the queue. 14 is the most that SQS keeps; shorten it only together with the NATS stream's retention in mind."
  type        = number
  default     = 14

  validation {
    condition     = var.dlq_retention_days >= 1 && var.dlq_retention_days <= 14
    error_message = "dlq_retention_days must be 1 to 14, which is the most that SQS keeps."
  }
}

variable "max_receive_count" {
  description = "Receives after which a message is poison. Outages use up none, so 10 is enough; a validator that is killed uses up one for each message in its hand."
  type        = number
  default     = 10

  validation {
    condition     = var.max_receive_count >= 5 && var.max_receive_count <= 1000
    error_message = "max_receive_count must be 5 to 1000: with fewer a few restarts of the validator would bury good uploads in the dead-letter queue."
  }
}

variable "create_notification" {
  description = "Whether this module sets the quarantine bucket's notification. A bucket has one notification configuration, and this overwrites it: set it to false where something else does, and have that notify the queue."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "KMS key for the objects of both buckets; null for SSE-S3."
  type        = string
  default     = null
}

variable "queue_kms_key_arn" {
  description = "KMS key for the queues; null for SSE-SQS. Its key policy must let s3.amazonaws.com use kms:GenerateDataKey* and kms:Decrypt, or no notification arrives."
  type        = string
  default     = null
}

variable "signer" {
  description = "Who the signer is: trust_policy, the JSON of a trust policy for a role that this module makes, or role_arn, an existing role to which you attach the output signer_policy."
  type = object({
    trust_policy = optional(string)
    role_arn     = optional(string)
  })

  validation {
    condition     = (var.signer.trust_policy == null) != (var.signer.role_arn == null)
    error_message = "signer needs trust_policy, to make a role, or role_arn, to use one; not both."
  }
}

variable "validator" {
  description = "Who the validator is; as signer. Not the signer's role: who can promote must not be able to put, and the other way round."
  type = object({
    trust_policy = optional(string)
    role_arn     = optional(string)
  })

  validation {
    condition     = (var.validator.trust_policy == null) != (var.validator.role_arn == null)
    error_message = "validator needs trust_policy, to make a role, or role_arn, to use one; not both."
  }
}

variable "permissions_boundary_arn" {
  description = "Permissions boundary of the roles that this module makes."
  type        = string
  default     = null
}

variable "break_glass_principal_arns" {
  description = "Roles or users who may read quarantine besides the validator, to look into an attack. What lies there is hostile until it is judged."
  type        = list(string)
  default     = []
}

variable "alarms" {
  description = "Whether to make the two CloudWatch alarms: something is in the dead-letter queue; the oldest message waits for more than 10 minutes."
  type        = bool
  default     = true
}

variable "alarm_actions" {
  description = "ARNs that the alarms notify, such as an SNS topic."
  type        = list(string)
  default     = []
}

variable "force_destroy" {
  description = "Whether destroying the module deletes objects. Not in production."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of everything that can have some."
  type        = map(string)
  default     = {}
}
