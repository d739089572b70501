"""Program synthesis: functions on integers, shown by some of their values, written as programs or as formulas."""
