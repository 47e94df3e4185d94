# From no worker to worker_max and back, by what the queue tells: the functions when a job is asked for, workers once a
# minute, and the look every few minutes.

resource "aws_appautoscaling_target" "workers" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.worker.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 0
  max_capacity       = var.worker_max
}

# One worker for the first tracks that wait, another for every worker_items more.
resource "aws_appautoscaling_policy" "start" {
  name               = "${var.name}-start-workers"
  service_namespace  = aws_appautoscaling_target.workers.service_namespace
  resource_id        = aws_appautoscaling_target.workers.resource_id
  scalable_dimension = aws_appautoscaling_target.workers.scalable_dimension
  policy_type        = "StepScaling"

  step_scaling_policy_configuration {
    adjustment_type         = "ExactCapacity"
    metric_aggregation_type = "Maximum"
    cooldown                = 120

    # Bounds count from the alarm's threshold, which is 1.
    dynamic "step_adjustment" {
      for_each = range(var.worker_max)

      content {
        metric_interval_lower_bound = step_adjustment.value * var.worker_items
        metric_interval_upper_bound = step_adjustment.value == var.worker_max - 1 ? null : (step_adjustment.value + 1) * var.worker_items
        scaling_adjustment          = step_adjustment.value + 1
      }
    }
  }
}

resource "aws_appautoscaling_policy" "stop" {
  name               = "${var.name}-stop-workers"
  service_namespace  = aws_appautoscaling_target.workers.service_namespace
  resource_id        = aws_appautoscaling_target.workers.resource_id
  scalable_dimension = aws_appautoscaling_target.workers.scalable_dimension
  policy_type        = "StepScaling"

  step_scaling_policy_configuration {
    adjustment_type         = "ExactCapacity"
    metric_aggregation_type = "Maximum"

    step_adjustment {
      metric_interval_upper_bound = 0
      scaling_adjustment          = 0
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "work_waits" {
  alarm_name          = "${var.name}-work-waits"
  alarm_description   = "No fault: there is work, and workers are started."
  namespace           = local.metrics_namespace
  metric_name         = "ItemsWaiting"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_appautoscaling_policy.start.arn]
}

# Only what was told counts: where nothing is told, workers go on.
resource "aws_cloudwatch_metric_alarm" "no_work" {
  alarm_name          = "${var.name}-no-work"
  alarm_description   = "No fault: there has been no work for some minutes, and workers are stopped."
  namespace           = local.metrics_namespace
  metric_name         = "JobsWaiting"
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = var.worker_idle_minutes
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "ignore"
  alarm_actions       = [aws_appautoscaling_policy.stop.arn]
}
