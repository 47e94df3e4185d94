data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account = data.aws_caller_identity.current.account_id
  aws     = data.aws_partition.current.partition

  # Memory, processors and timeouts, with what was measured: one table, which the tests hold to the measurements.
  sizes = jsondecode(file("${path.module}/sizes.json"))

  # What `make package` built: its Python, its hash.
  package_folder = coalesce(var.package_folder, "${path.module}/../build")
  package_zip    = "${local.package_folder}/segue-lambda-${var.architecture}.zip"
  package        = jsondecode(file("${local.package_folder}/segue-lambda-${var.architecture}.json"))

  # Keys of the bucket, as jobs/storage/keys.py calls them.
  prefixes = {
    incoming  = "audio/incoming/"
    audio     = "audio/"
    artefacts = "artefacts/"
    covers    = "covers/"
    snapshots = "snapshots/"
    weights   = "weights/"
    releases  = "releases/"
  }

  bucket_name       = coalesce(var.bucket_name, "${var.name}-archive-${local.account}")
  metrics_namespace = "Segue/${var.name}"
}
