# Two zones, because RDS wants a choice of two. Functions and database have no way to the internet, and need none. Workers
# have one out and none in; so there is no NAT gateway, which would cost more than all the rest.

locals {
  # Named, so that a zone that AWS adds moves nothing.
  zones = [for letter in var.zones : "${var.region}${letter}"]
}

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:Flow logs of a network without inbound rules would cost more than they tell; turn them on where an auditor asks.
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = { Name = var.name }
}

# Nobody uses it, and it lets nothing through.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-closed" }
}

resource "aws_internet_gateway" "this" {
  vpc_id = aws_vpc.this.id

  tags = { Name = var.name }
}

resource "aws_subnet" "workers" {
  count = 2

  vpc_id                  = aws_vpc.this.id
  availability_zone       = local.zones[count.index]
  cidr_block              = cidrsubnet(var.vpc_cidr, 4, count.index)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-workers-${count.index}" }
}

resource "aws_subnet" "inner" {
  count = 2

  vpc_id                  = aws_vpc.this.id
  availability_zone       = local.zones[count.index]
  cidr_block              = cidrsubnet(var.vpc_cidr, 4, 8 + count.index)
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-inner-${count.index}" }
}

resource "aws_route_table" "workers" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-workers" }
}

resource "aws_route" "internet" {
  route_table_id         = aws_route_table.workers.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.this.id
}

resource "aws_route_table_association" "workers" {
  count = 2

  route_table_id = aws_route_table.workers.id
  subnet_id      = aws_subnet.workers[count.index].id
}

resource "aws_route_table" "inner" {
  vpc_id = aws_vpc.this.id

  tags = { Name = "${var.name}-inner" }
}

resource "aws_route_table_association" "inner" {
  count = 2

  route_table_id = aws_route_table.inner.id
  subnet_id      = aws_subnet.inner[count.index].id
}
