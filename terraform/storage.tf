# One bucket: uploads and recordings, artefacts of models, covers, snapshots of vectors, weights, and packages of functions.

resource "aws_s3_bucket" "archive" {
  #checkov:skip=CKV_AWS_144:Recordings have their master copies at the institution; a second region doubles the price.
  #checkov:skip=CKV_AWS_18:Access logs of one's own bucket would need another bucket; CloudTrail's data events tell the same where they are asked for.
  #checkov:skip=CKV_AWS_145:S3 encrypts with its own keys; a key of one's own costs a dollar a month and calls, and guards against nobody that the bucket's policy lets in.
  bucket = local.bucket_name

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_ownership_controls" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket = aws_s3_bucket.archive.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    id     = "unfinished"
    status = "Enabled"

    filter {}

    # Parts of an upload that was killed: nobody sees them, and they are paid for.
    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.old_versions_days
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  # Recordings are heard by the models once, and then now and then by people.
  rule {
    id     = "recordings"
    status = "Enabled"

    filter {
      prefix = local.prefixes.audio
    }

    transition {
      days          = 30
      storage_class = "INTELLIGENT_TIERING"
    }
  }

  depends_on = [aws_s3_bucket_versioning.archive]
}

# Browsers send uploads straight to the bucket, and play from it.
resource "aws_s3_bucket_cors_configuration" "archive" {
  count = length(var.frontend_origins) > 0 ? 1 : 0

  bucket = aws_s3_bucket.archive.id

  cors_rule {
    allowed_origins = var.frontend_origins
    allowed_methods = ["GET", "HEAD", "POST"]
    allowed_headers = ["*"]
    expose_headers  = ["ETag", "Accept-Ranges", "Content-Length", "Content-Range"]
    max_age_seconds = 86400
  }
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "OnlyEncryptedConnections"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.archive.arn, "${aws_s3_bucket.archive.arn}/*"]

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

resource "aws_s3_bucket_policy" "archive" {
  bucket = aws_s3_bucket.archive.id
  policy = data.aws_iam_policy_document.bucket.json

  depends_on = [aws_s3_bucket_public_access_block.archive]
}
