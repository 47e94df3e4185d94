# Who may talk to whom. Nothing is let in from outside: the gateway calls functions through AWS's own network.

resource "aws_security_group" "functions" {
  name        = "${var.name}-functions"
  description = "The API and the ingest function"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-functions" }
}

resource "aws_security_group" "workers" {
  name        = "${var.name}-workers"
  description = "Workers and tasks: out, and never in"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-workers" }
}

resource "aws_security_group" "database" {
  name        = "${var.name}-database"
  description = "The database"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-database" }
}

resource "aws_security_group" "proxy" {
  #checkov:skip=CKV2_AWS_5:It is attached to aws_db_proxy.api, where there is one.
  count = var.database_proxy ? 1 : 0

  name        = "${var.name}-proxy"
  description = "RDS Proxy before the database"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-proxy" }
}

resource "aws_security_group" "endpoints" {
  count = length(var.interface_endpoints) > 0 ? 1 : 0

  name        = "${var.name}-endpoints"
  description = "Services of AWS inside the network"
  vpc_id      = aws_vpc.this.id

  tags = { Name = "${var.name}-endpoints" }
}

locals {
  # Who reaches PostgreSQL where: from, to.
  database_paths = merge(
    { workers = { from = aws_security_group.workers.id, to = aws_security_group.database.id } },
    var.database_proxy ? {
      functions = { from = aws_security_group.functions.id, to = aws_security_group.proxy[0].id }
      proxy     = { from = aws_security_group.proxy[0].id, to = aws_security_group.database.id }
      } : {
      functions = { from = aws_security_group.functions.id, to = aws_security_group.database.id }
    },
  )
}

resource "aws_vpc_security_group_egress_rule" "database" {
  for_each = local.database_paths

  description                  = "PostgreSQL"
  security_group_id            = each.value.from
  referenced_security_group_id = each.value.to
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.database_paths

  description                  = "PostgreSQL"
  security_group_id            = each.value.to
  referenced_security_group_id = each.value.from
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_egress_rule" "functions_s3" {
  description       = "S3"
  security_group_id = aws_security_group.functions.id
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Images, logs and weights of models come from, and go to, addresses that change.
resource "aws_vpc_security_group_egress_rule" "workers_https" {
  description       = "AWS, and where weights are published"
  security_group_id = aws_security_group.workers.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_ingress_rule" "endpoints" {
  count = length(var.interface_endpoints) > 0 ? 1 : 0

  description                  = "Workers"
  security_group_id            = aws_security_group.endpoints[0].id
  referenced_security_group_id = aws_security_group.workers.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
}
