locals {
  # What RDS lets in for a class of machine, from its memory; classes that are not here are named by a variable.
  class_connections = {
    "db.t4g.micro"  = 80
    "db.t4g.small"  = 170
    "db.t4g.medium" = 400
    "db.t4g.large"  = 830
    "db.m7g.large"  = 830
    "db.m8g.large"  = 830
    "db.r7g.large"  = 1680
    "db.r8g.large"  = 1680
  }
  max_connections = coalesce(var.database_max_connections, lookup(local.class_connections, var.database_class, 80))

  # An instance of the API has its pool, one connection to send messages, and one for plans of slow statements or for
  # corrections. A worker process has four to work, one to listen and some to send and claim messages. Three are RDS's own.
  # The proxy holds functions to its share, whatever they open.
  connections_of_api     = var.database_proxy || var.api_concurrency == -1 ? 0 : var.api_concurrency * (var.api_pool_size + 2)
  connections_of_ingest  = var.database_proxy || var.ingest_concurrency == -1 ? 0 : var.ingest_concurrency * 2
  connections_of_workers = var.worker_max * ceil(local.worker_cpu / 1024) * 10
  connections_wanted     = local.connections_of_api + local.connections_of_ingest + local.connections_of_workers + 3

  database_name = "segue"
  administrator = "segue_admin"
  worker_user   = "segue_worker"
  api_user      = "segue_api"

  database_host  = aws_db_instance.archive.address
  functions_host = var.database_proxy ? aws_db_proxy.api[0].endpoint : aws_db_instance.archive.address

  # Every process signs its own login: no password is kept anywhere.
  api_database_url    = "postgresql://${local.api_user}@${local.functions_host}:5432/${local.database_name}?login=iam"
  worker_database_url = "postgresql://${local.worker_user}@${local.database_host}:5432/${local.database_name}?login=iam"
  # But for the administrator, whose password RDS keeps and changes by itself.
  administrator_url = "postgresql://${local.administrator}@${local.database_host}:5432/${local.database_name}?login=password"

  database_users = "arn:${local.aws}:rds-db:${var.region}:${local.account}:dbuser:${aws_db_instance.archive.resource_id}"
}

resource "aws_db_subnet_group" "archive" {
  name       = var.name
  subnet_ids = aws_subnet.inner[*].id
}

resource "aws_db_parameter_group" "archive" {
  name_prefix = "${var.name}-"
  family      = "postgres17"
  description = "Segue"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # Statements of a second and more, without what users sent.
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_lock_waits"
    value = "1"
  }

  # Logins by IAM want some hundred megabytes of the machine: of the smallest one, an eighth and not a quarter is left to
  # PostgreSQL's own buffers. In pages of 8 kB.
  parameter {
    name         = "shared_buffers"
    value        = var.database_class == "db.t4g.micro" ? "16384" : "{DBInstanceClassMemory/32768}"
    apply_method = "pending-reboot"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "archive" {
  #checkov:skip=CKV_AWS_157:A second machine doubles the price; database_multi_az turns it on.
  #checkov:skip=CKV_AWS_118:Enhanced monitoring writes a metric a minute into paid logs; what RDS counts for nothing suffices for the alarms.
  #checkov:skip=CKV_AWS_353:Performance Insights is not to be had on the smallest classes; log_min_duration_statement names slow statements.
  #checkov:skip=CKV_AWS_354:There are no Performance Insights to encrypt.
  #checkov:skip=CKV_AWS_293:Deletion protection is on by default; the variable is there to take a deployment down.
  identifier     = var.name
  engine         = "postgres"
  engine_version = "17"
  instance_class = var.database_class

  db_name                             = local.database_name
  username                            = local.administrator
  manage_master_user_password         = true
  iam_database_authentication_enabled = true

  storage_type          = "gp3"
  storage_encrypted     = true
  allocated_storage     = var.database_storage_gb
  max_allocated_storage = var.database_max_storage_gb

  db_subnet_group_name   = aws_db_subnet_group.archive.name
  vpc_security_group_ids = [aws_security_group.database.id]
  publicly_accessible    = false
  parameter_group_name   = aws_db_parameter_group.archive.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  multi_az                   = var.database_multi_az
  backup_retention_period    = var.database_backup_days
  backup_window              = "01:30-02:30"
  maintenance_window         = "sun:03:00-sun:04:00"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  delete_automated_backups   = false
  deletion_protection        = var.deletion_protection
  skip_final_snapshot        = false
  final_snapshot_identifier  = "${var.name}-final-${aws_vpc.this.id}"

  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]

  depends_on = [aws_cloudwatch_log_group.database]

  lifecycle {
    precondition {
      condition     = local.connections_wanted <= local.max_connections
      error_message = "Functions and workers could open ${local.connections_wanted} connections, and ${var.database_class} lets in ${local.max_connections}. Lower api_concurrency or worker_max, take a larger database_class, or set database_proxy."
    }
  }
}
