# RDS Proxy, for those who let more functions answer at once than the database has connections. Who logs in to it by IAM is
# passed on by IAM: it holds no password either.

data "aws_iam_policy_document" "proxy_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["rds.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }
  }
}

data "aws_iam_policy_document" "proxy" {
  statement {
    sid       = "LogInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = ["${local.database_users}/${local.api_user}"]
  }
}

resource "aws_iam_role" "proxy" {
  count = var.database_proxy ? 1 : 0

  name               = "${var.name}-proxy"
  description        = "RDS Proxy of ${var.name}: logs in as the API"
  assume_role_policy = data.aws_iam_policy_document.proxy_trust.json
}

resource "aws_iam_role_policy" "proxy" {
  count = var.database_proxy ? 1 : 0

  name   = "proxy"
  role   = aws_iam_role.proxy[0].id
  policy = data.aws_iam_policy_document.proxy.json
}

resource "aws_db_proxy" "api" {
  count = var.database_proxy ? 1 : 0

  name                   = var.name
  engine_family          = "POSTGRESQL"
  default_auth_scheme    = "IAM_AUTH"
  require_tls            = true
  idle_client_timeout    = 900
  role_arn               = aws_iam_role.proxy[0].arn
  vpc_subnet_ids         = aws_subnet.inner[*].id
  vpc_security_group_ids = [aws_security_group.proxy[0].id]
}

resource "aws_db_proxy_default_target_group" "api" {
  count = var.database_proxy ? 1 : 0

  db_proxy_name = aws_db_proxy.api[0].name

  connection_pool_config {
    max_connections_percent      = 60
    max_idle_connections_percent = 10
    connection_borrow_timeout    = 5
  }
}

resource "aws_db_proxy_target" "api" {
  count = var.database_proxy ? 1 : 0

  db_proxy_name          = aws_db_proxy.api[0].name
  target_group_name      = aws_db_proxy_default_target_group.api[0].name
  db_instance_identifier = aws_db_instance.archive.identifier
}
