# What arrives below audio/incoming/ is told to the ingest function. What cannot be told, after three tries, is kept.

resource "aws_s3_bucket_notification" "archive" {
  bucket = aws_s3_bucket.archive.id

  lambda_function {
    lambda_function_arn = aws_lambda_alias.ingest.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "audio/incoming/"
  }

  depends_on = [aws_lambda_permission.bucket]
}

resource "aws_lambda_permission" "bucket" {
  statement_id   = "uploads"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.ingest.function_name
  qualifier      = aws_lambda_alias.ingest.name
  principal      = "s3.amazonaws.com"
  source_arn     = aws_s3_bucket.archive.arn
  source_account = local.account
}

resource "aws_sqs_queue" "untold" {
  name                      = "${var.name}-untold-uploads"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
}

data "aws_iam_policy_document" "untold" {
  statement {
    sid       = "OnlyEncryptedConnections"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.untold.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "untold" {
  queue_url = aws_sqs_queue.untold.url
  policy    = data.aws_iam_policy_document.untold.json
}

resource "aws_lambda_function_event_invoke_config" "ingest" {
  function_name                = aws_lambda_function.ingest.function_name
  qualifier                    = aws_lambda_alias.ingest.name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.untold.arn
    }
  }

  depends_on = [aws_iam_role_policy.ingest]
}

# The net: whatever was lost on the way, the queue is looked at every few minutes, and told to the scaling.
resource "aws_cloudwatch_event_rule" "queue" {
  name                = "${var.name}-queue"
  description         = "Has the queue looked at"
  schedule_expression = "rate(${var.queue_look_minutes} minutes)"
}

resource "aws_cloudwatch_event_target" "queue" {
  rule  = aws_cloudwatch_event_rule.queue.name
  arn   = aws_lambda_alias.ingest.arn
  input = jsonencode({ segue = "tell-queue" })
}

resource "aws_lambda_permission" "queue" {
  statement_id  = "queue"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.ingest.function_name
  qualifier     = aws_lambda_alias.ingest.name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.queue.arn
}
