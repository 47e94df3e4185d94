# Who may change the archive: users of Cognito, or of an issuer of the institution's own.

locals {
  curators = var.curator_cognito ? {
    issuer   = "https://cognito-idp.${var.region}.amazonaws.com/${aws_cognito_user_pool.curators[0].id}"
    audience = [aws_cognito_user_pool_client.frontend[0].id]
    claim    = "cognito:groups"
    value    = aws_cognito_user_group.curators[0].name
  } : var.curator_oidc
}

resource "aws_cognito_user_pool" "curators" {
  count = var.curator_cognito ? 1 : 0

  name                     = "${var.name}-curators"
  username_attributes      = ["email"]
  auto_verified_attributes = ["email"]
  mfa_configuration        = "OPTIONAL"
  deletion_protection      = var.deletion_protection ? "ACTIVE" : "INACTIVE"

  # Nobody signs up: curators are made by who looks after the archive.
  admin_create_user_config {
    allow_admin_create_user_only = true
  }

  software_token_mfa_configuration {
    enabled = true
  }

  password_policy {
    minimum_length                   = 14
    require_lowercase                = true
    require_uppercase                = true
    require_numbers                  = true
    require_symbols                  = true
    temporary_password_validity_days = 3
  }

  account_recovery_setting {
    recovery_mechanism {
      name     = "verified_email"
      priority = 1
    }
  }
}

resource "aws_cognito_user_group" "curators" {
  count = var.curator_cognito ? 1 : 0

  name         = "curators"
  description  = "May change the archive"
  user_pool_id = aws_cognito_user_pool.curators[0].id
}

resource "aws_cognito_user_pool_domain" "curators" {
  count = var.curator_cognito ? 1 : 0

  domain       = "${var.name}-${local.account}"
  user_pool_id = aws_cognito_user_pool.curators[0].id
}

# The frontend runs in the browser: no secret, a code for a token, and PKCE.
resource "aws_cognito_user_pool_client" "frontend" {
  count = var.curator_cognito ? 1 : 0

  name                                 = "frontend"
  user_pool_id                         = aws_cognito_user_pool.curators[0].id
  generate_secret                      = false
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = ["openid", "email"]
  supported_identity_providers         = ["COGNITO"]
  callback_urls                        = local.callback_urls
  logout_urls                          = local.callback_urls
  explicit_auth_flows                  = ["ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_SRP_AUTH"]
  prevent_user_existence_errors        = "ENABLED"
  enable_token_revocation              = true
  access_token_validity                = 60
  id_token_validity                    = 60
  refresh_token_validity               = 7

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "days"
  }
}

locals {
  callback_urls = (
    var.curator_callback_urls != null ? var.curator_callback_urls :
    length(var.frontend_origins) > 0 ? [for origin in var.frontend_origins : "${origin}/curator"] :
    ["http://localhost:5173/curator"]
  )
}
