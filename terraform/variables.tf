# What is deployed, and where.

variable "name" {
  description = "Name of the deployment: everything is called after it."
  type        = string
  default     = "segue"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name has 3 to 20 small letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "region" {
  description = "Region of AWS."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "A region is called like eu-central-1."
  }
}

variable "release" {
  description = "Name of the release that is deployed, such as 0.1.0 or a commit: the tag of the worker's image. Another one for every release."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", var.release)) && var.release != "latest"
    error_message = "The release is a tag of an image, such as 0.1.0, and not latest: what was deployed must not change its meaning."
  }
}

variable "tags" {
  description = "Further tags of everything, beside project and deployment."
  type        = map(string)
  default     = {}
}

# What comes from `make package`.

variable "architecture" {
  description = "Processor of functions and workers: arm64 (a fifth cheaper) or x86_64. The packages are built for it."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "package_folder" {
  description = "Folder with segue-lambda-<architecture>.zip and .json, as make package leaves them; unset: build beside this folder."
  type        = string
  default     = null
}

variable "local_image" {
  description = "The worker's image on the machine that runs Terraform."
  type        = string
  default     = "segue:latest"
}

variable "push_image" {
  description = "Whether terraform apply pushes that image (docker and the aws command line are needed); false where a pipeline has pushed it under the tag of the release."
  type        = bool
  default     = true
}

variable "run_migrations" {
  description = "Whether terraform apply migrates the database before new code answers (the aws command line is needed); false for those who run the task by hand first."
  type        = bool
  default     = true
}

# Network.

variable "vpc_cidr" {
  description = "Addresses of the network, a /16 to /22."
  type        = string
  default     = "10.42.0.0/16"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && try(tonumber(split("/", var.vpc_cidr)[1]) >= 16 && tonumber(split("/", var.vpc_cidr)[1]) <= 22, false)
    error_message = "The network is a block of addresses such as 10.42.0.0/16, of size /16 to /22."
  }
}

variable "zones" {
  description = "Letters of two zones of the region. Where an account lacks one, AWS says so: take others."
  type        = list(string)
  default     = ["a", "b"]

  validation {
    condition     = length(distinct(var.zones)) == 2 && length(var.zones) == 2 && alltrue([for letter in var.zones : can(regex("^[a-z]$", letter))])
    error_message = "There are two different zones, each a letter."
  }
}

variable "interface_endpoints" {
  description = "Services that are reached inside the network instead of over the internet, such as logs, ecr.api, ecr.dkr, secretsmanager. Each costs about 17 USD a month in two zones; nothing needs them."
  type        = set(string)
  default     = []
}

# Database.

variable "database_class" {
  description = "Class of the database's machine."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database_class))
    error_message = "A class is called like db.t4g.micro."
  }
}

variable "database_max_connections" {
  description = "Connections that the class allows, where it is not in the table of database.tf."
  type        = number
  default     = null
}

variable "database_storage_gb" {
  description = "Storage to begin with; it grows by itself to database_max_storage_gb."
  type        = number
  default     = 20

  validation {
    condition     = var.database_storage_gb >= 20
    error_message = "RDS gives at least 20 GB."
  }
}

variable "database_max_storage_gb" {
  description = "How far the storage may grow."
  type        = number
  default     = 100

  validation {
    condition     = var.database_max_storage_gb >= 26
    error_message = "Storage grows in steps: leave it 26 GB or more."
  }
}

variable "database_backup_days" {
  description = "For how many days the database can be taken back to any second."
  type        = number
  default     = 7

  validation {
    condition     = var.database_backup_days >= 1 && var.database_backup_days <= 35
    error_message = "Backups are kept 1 to 35 days."
  }
}

variable "database_multi_az" {
  description = "Whether a second machine stands by in another zone: twice the price."
  type        = bool
  default     = false
}

variable "database_proxy" {
  description = "Whether the API reaches the database through RDS Proxy, which bounds its connections where many functions answer at once: about 26 USD a month."
  type        = bool
  default     = false
}

variable "deletion_protection" {
  description = "Whether database and users refuse to be deleted. To take a deployment down, set it to false and apply first."
  type        = bool
  default     = true
}

# Functions.

variable "api_concurrency" {
  description = "How many requests the API answers at once; -1: as many as the account allows. With the pool it bounds the connections to the database."
  type        = number
  default     = 10

  validation {
    condition     = var.api_concurrency == -1 || var.api_concurrency >= 1
    error_message = "The API answers at least one request at once, or -1 for no bound of its own."
  }
}

variable "api_pool_size" {
  description = "Connections that each instance of the API keeps: the fields of one request are read side by side."
  type        = number
  default     = 2

  validation {
    condition     = var.api_pool_size >= 1 && var.api_pool_size <= 8
    error_message = "Each instance keeps 1 to 8 connections."
  }
}

variable "ingest_concurrency" {
  description = "How many uploads are told at once; -1: as many as the account allows."
  type        = number
  default     = 2

  validation {
    condition     = var.ingest_concurrency == -1 || var.ingest_concurrency >= 1
    error_message = "At least one upload is told at once, or -1 for no bound of its own."
  }
}

variable "throttle_rate" {
  description = "Requests a second that the gateway lets through on average."
  type        = number
  default     = 20

  validation {
    condition     = var.throttle_rate > 0
    error_message = "The gateway lets some requests through."
  }
}

variable "throttle_burst" {
  description = "Requests that the gateway lets through at once."
  type        = number
  default     = 40

  validation {
    condition     = var.throttle_burst >= 1
    error_message = "The gateway lets some requests through."
  }
}

variable "max_upload_mb" {
  description = "Largest recording that may be uploaded, in megabytes."
  type        = number
  default     = 2000

  validation {
    condition     = var.max_upload_mb >= 1 && var.max_upload_mb <= 2047
    error_message = "Uploads have 1 to 2047 MB."
  }
}

variable "log_level" {
  description = "What is logged: DEBUG, INFO, WARNING or ERROR."
  type        = string
  default     = "INFO"

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "The level is DEBUG, INFO, WARNING or ERROR."
  }
}

variable "log_retention_days" {
  description = "For how many days logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545 or 731 days."
  }
}

# Workers.

variable "worker_max" {
  description = "How many workers run at most; without work none does."
  type        = number
  default     = 2

  validation {
    condition     = var.worker_max >= 1 && var.worker_max <= 20
    error_message = "There are 1 to 20 workers at most."
  }
}

variable "worker_items" {
  description = "How many waiting tracks another worker is started for."
  type        = number
  default     = 50

  validation {
    condition     = var.worker_items >= 1
    error_message = "A worker is started for at least one track."
  }
}

variable "worker_idle_minutes" {
  description = "Minutes without work after which the last worker stops."
  type        = number
  default     = 10

  validation {
    condition     = var.worker_idle_minutes >= 3 && var.worker_idle_minutes <= 120
    error_message = "Workers stop after 3 to 120 minutes without work."
  }
}

variable "worker_cpu" {
  description = "Processor of a worker, in 1/1024 of a core; unset: as sizes.json says. Large models want 4096."
  type        = number
  default     = null
}

variable "worker_memory_mb" {
  description = "Memory of a worker; unset: as sizes.json says. Large models want 8192 or more."
  type        = number
  default     = null
}

variable "worker_spot" {
  description = "Whether workers run on spare capacity, at a third of the price: one that is taken away loses nothing."
  type        = bool
  default     = true
}

variable "queue_look_minutes" {
  description = "How often the queue is looked at, as a net below what is told when a job is asked for."
  type        = number
  default     = 5

  validation {
    condition     = var.queue_look_minutes >= 2 && var.queue_look_minutes <= 30
    error_message = "The queue is looked at every 2 to 30 minutes."
  }
}

# Storage and web pages.

variable "bucket_name" {
  description = "Name of the bucket; unset: made of the deployment's name and the account."
  type        = string
  default     = null
}

variable "old_versions_days" {
  description = "For how many days overwritten and deleted objects are kept."
  type        = number
  default     = 30

  validation {
    condition     = var.old_versions_days >= 1
    error_message = "Old versions are kept for a day at least."
  }
}

variable "frontend_origins" {
  description = "Origins of the web pages that call the API and upload, such as https://archive.example."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.frontend_origins : can(regex("^(https://[a-z0-9.-]+|http://localhost)(:[0-9]+)?$", origin))])
    error_message = "An origin is https:// and a name, without a path; or http://localhost."
  }
}

variable "serve_page" {
  description = "Whether the API's own page for listening is served, too, at the address without a path."
  type        = bool
  default     = true
}

# Curators.

variable "curator_cognito" {
  description = "Whether curators log in with Cognito, whose users are made here; false with an issuer of your own, or with API keys only."
  type        = bool
  default     = true
}

variable "curator_oidc" {
  description = "An OIDC issuer of your own: its address, whom its tokens are for, and the claim that tells curators."
  type = object({
    issuer   = string
    audience = list(string)
    claim    = optional(string, "groups")
    value    = optional(string, "curators")
  })
  default = null

  validation {
    condition     = var.curator_oidc == null || try(startswith(var.curator_oidc.issuer, "https://") && length(var.curator_oidc.audience) > 0, false)
    error_message = "The issuer begins with https://, and there is at least one audience."
  }

  validation {
    condition     = var.curator_oidc == null || !var.curator_cognito
    error_message = "Curators log in with Cognito or with an issuer of your own: set curator_cognito = false."
  }
}

variable "curator_callback_urls" {
  description = "Pages that Cognito sends curators back to; unset: the frontend's origins with /curator."
  type        = list(string)
  default     = null
}

# Watching.

variable "alarm_email" {
  description = "Who is told of alarms and of the budget; unset: nobody, and there is no budget."
  type        = string
  default     = null

  validation {
    condition     = var.alarm_email == null || can(regex("^[^@\\s]+@[^@\\s]+$", var.alarm_email))
    error_message = "That is no email address."
  }
}

variable "oldest_job_hours" {
  description = "Age of an unfinished job from which there is an alarm."
  type        = number
  default     = 12

  validation {
    condition     = var.oldest_job_hours >= 1
    error_message = "Jobs may take an hour at least."
  }
}

variable "monthly_budget_usd" {
  description = "What a month may cost, in USD, before there is a mail: at 80 % spent and when more than all is foreseen."
  type        = number
  default     = 30

  validation {
    condition     = var.monthly_budget_usd > 0
    error_message = "The budget is more than nothing."
  }
}
