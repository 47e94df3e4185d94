# What the two functions may do. Each enters the database as the API, by a login that it signs itself.

data "aws_iam_policy_document" "functions_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

# Lambda itself puts functions into the network with their role. The code that runs in them may not.
data "aws_iam_policy_document" "in_network" {
  #checkov:skip=CKV_AWS_111:Lambda makes these interfaces before they have a name; the second statement keeps the code from doing so.
  #checkov:skip=CKV_AWS_356:There is no name to give before Lambda has made them.
  statement {
    sid = "LambdaEntersTheNetwork"
    actions = [
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]
  }

  statement {
    sid    = "OurCodeDoesNot"
    effect = "Deny"
    actions = [
      "ec2:CreateNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:DeleteNetworkInterface",
      "ec2:AssignPrivateIpAddresses",
      "ec2:UnassignPrivateIpAddresses",
    ]
    resources = ["*"]

    condition {
      test     = "ArnEquals"
      variable = "lambda:SourceFunctionArn"
      values = [
        "arn:${local.aws}:lambda:${var.region}:${local.account}:function:${var.name}-api",
        "arn:${local.aws}:lambda:${var.region}:${local.account}:function:${var.name}-ingest",
      ]
    }
  }
}

locals {
  # Who logs in through the proxy is allowed at the proxy, whose id its ARN ends with.
  functions_login = var.database_proxy ? (
    "arn:${local.aws}:rds-db:${var.region}:${local.account}:dbuser:${element(split(":", aws_db_proxy.api[0].arn), 6)}/${local.api_user}"
  ) : "${local.database_users}/${local.api_user}"
}

data "aws_iam_policy_document" "api" {
  source_policy_documents = [data.aws_iam_policy_document.in_network.json]

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.api.arn}:*"]
  }

  statement {
    sid       = "LogInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = [local.functions_login]
  }

  # Signed addresses hold what their signer may do.
  statement {
    sid       = "LetUpload"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.archive.arn}/${local.prefixes.incoming}*"]
  }

  statement {
    sid     = "LetListenAndReadModels"
    actions = ["s3:GetObject"]
    resources = [
      "${aws_s3_bucket.archive.arn}/${local.prefixes.audio}*",
      "${aws_s3_bucket.archive.arn}/${local.prefixes.covers}*",
      "${aws_s3_bucket.archive.arn}/${local.prefixes.artefacts}*",
    ]
  }

  # Without it S3 does not say that an object is missing. Who reads an object names no prefix, so none can be asked for.
  statement {
    sid       = "KnowWhatIsMissing"
    actions   = ["s3:ListBucket"]
    resources = [aws_s3_bucket.archive.arn]
  }
}

resource "aws_iam_role" "api" {
  name               = "${var.name}-api"
  description        = "The API of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.functions_trust.json
}

resource "aws_iam_role_policy" "api" {
  name   = "api"
  role   = aws_iam_role.api.id
  policy = data.aws_iam_policy_document.api.json
}

data "aws_iam_policy_document" "ingest" {
  source_policy_documents = [data.aws_iam_policy_document.in_network.json]

  statement {
    sid       = "Logs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.ingest.arn}:*"]
  }

  statement {
    sid       = "LogInToTheDatabase"
    actions   = ["rds-db:connect"]
    resources = [local.functions_login]
  }

  statement {
    sid       = "KeepWhatCannotBeTold"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.untold.arn]
  }
}

resource "aws_iam_role" "ingest" {
  name               = "${var.name}-ingest"
  description        = "The ingest function of ${var.name}"
  assume_role_policy = data.aws_iam_policy_document.functions_trust.json
}

resource "aws_iam_role_policy" "ingest" {
  name   = "ingest"
  role   = aws_iam_role.ingest.id
  policy = data.aws_iam_policy_document.ingest.json
}
