# The way in: one function behind two routes. /graphql is open to all, and visitors bring tokens of our own; on
# /curator/graphql the gateway verifies the token of an issuer, and hands its claims to the function.

locals {
  open_routes = toset(concat(
    ["GET /graphql", "POST /graphql", "GET /healthz", "GET /readyz", "GET /schema.graphql"],
    var.serve_page ? ["GET /", "GET /web/{proxy+}"] : [],
  ))
  curator_routes = local.curators == null ? toset([]) : toset(["GET /curator/graphql", "POST /curator/graphql"])
}

resource "aws_apigatewayv2_api" "api" {
  name          = var.name
  description   = "Segue"
  protocol_type = "HTTP"

  # The gateway answers a browser's question for all routes, also where it wants a token.
  dynamic "cors_configuration" {
    for_each = length(var.frontend_origins) > 0 ? [1] : []

    content {
      allow_origins  = var.frontend_origins
      allow_methods  = ["GET", "POST", "OPTIONS"]
      allow_headers  = ["authorization", "content-type"]
      expose_headers = ["x-request-id", "retry-after"]
      max_age        = 86400
    }
  }
}

resource "aws_apigatewayv2_integration" "api" {
  api_id                 = aws_apigatewayv2_api.api.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_alias.api.invoke_arn
  payload_format_version = "2.0"
  timeout_milliseconds   = (local.sizes.api.timeout_seconds + 1) * 1000
}

resource "aws_apigatewayv2_route" "open" {
  #checkov:skip=CKV_AWS_309:The catalogue is public; users bring tokens that the API itself signs and checks.
  for_each = local.open_routes

  api_id             = aws_apigatewayv2_api.api.id
  route_key          = each.value
  target             = "integrations/${aws_apigatewayv2_integration.api.id}"
  authorization_type = "NONE"
}

resource "aws_apigatewayv2_authorizer" "curators" {
  count = local.curators == null ? 0 : 1

  api_id           = aws_apigatewayv2_api.api.id
  name             = "curators"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    issuer   = local.curators.issuer
    audience = local.curators.audience
  }
}

resource "aws_apigatewayv2_route" "curators" {
  for_each = local.curator_routes

  api_id             = aws_apigatewayv2_api.api.id
  route_key          = each.value
  target             = "integrations/${aws_apigatewayv2_integration.api.id}"
  authorization_type = "JWT"
  authorizer_id      = aws_apigatewayv2_authorizer.curators[0].id
}

resource "aws_apigatewayv2_stage" "live" {
  api_id      = aws_apigatewayv2_api.api.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.throttle_rate
    throttling_burst_limit = var.throttle_burst
  }

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.gateway.arn
    format = jsonencode({
      time      = "$context.requestTime"
      requestId = "$context.requestId"
      route     = "$context.routeKey"
      status    = "$context.status"
      ms        = "$context.responseLatency"
      bytes     = "$context.responseLength"
      error     = "$context.error.message"
      function  = "$context.integrationErrorMessage"
    })
  }
}

resource "aws_lambda_permission" "gateway" {
  for_each = setunion(local.open_routes, local.curator_routes)

  statement_id  = "gateway-${lower(replace(each.value, "/[^A-Za-z]+/", "-"))}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.api.function_name
  qualifier     = aws_lambda_alias.api.name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.api.execution_arn}/*/${replace(each.value, " ", "")}"
}
