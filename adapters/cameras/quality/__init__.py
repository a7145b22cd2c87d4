"""Whether a camera's picture can be trusted: ``judgement.look``. numpy and cv2: for the worker process only."""
