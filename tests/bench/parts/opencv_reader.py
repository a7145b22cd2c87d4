"""The usual way: cv2.VideoCapture, a thread a camera, every frame read. Prints "ready" once each has a frame.

At the end of standard input it prints how many frames came in which time, and ends.
"""

import argparse
import json
import os
import sys
import threading
import time

os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")  # without it OpenCV tries UDP


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cameras", type=int, required=True)
    asked = parser.parse_args()
    counts = [0] * asked.cameras
    first = [threading.Event() for _ in counts]

    def read(number: int) -> None:
        import cv2

        capture = cv2.VideoCapture(f"rtsp://127.0.0.1:{asked.port}/cam-{number:03d}", cv2.CAP_FFMPEG)
        while capture.read()[0]:
            counts[number] += 1
            first[number].set()

    for number in range(asked.cameras):
        threading.Thread(target=read, args=(number,), daemon=True).start()
    if not all(each.wait(30) for each in first):
        sys.exit("a camera gave no frame")
    print("ready", flush=True)
    before, began = sum(counts), time.monotonic()
    sys.stdin.read()
    print(json.dumps({"frames": sum(counts) - before, "seconds": time.monotonic() - began}), flush=True)
    os._exit(0)  # libav's threads are in the middle of a frame


if __name__ == "__main__":
    main()
