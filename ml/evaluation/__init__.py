"""What is measured, and how sure it is: functions on arrays that know of no database."""
