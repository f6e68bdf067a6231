print("notify-worker")
