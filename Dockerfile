# The lab in a container. For the small CPU build of PyTorch, give the address of its CPU index:
#   docker build --build-arg TORCH_INDEX=ADDRESS --tag pixelcnn-lab .
# Without it comes the CUDA build, which is four times as large.
FROM python:3.11-slim

ARG TORCH_INDEX=""
WORKDIR /lab
COPY requirements.txt ./
RUN pip install --no-cache-dir ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt

COPY app.py served.py ./
COPY .streamlit .streamlit
COPY checkpoints checkpoints
COPY hosting hosting
COPY pages pages
COPY pixelcnn pixelcnn
COPY tools tools
COPY widgets widgets

# Trainings, links and compiled code are kept in /runs, data sets in /data; all else is never written.
RUN useradd --create-home --uid 1000 lab && mkdir -p /runs /data && chown lab /runs /data
ENV PIXELCNN_RUNS=/runs PIXELCNN_DATA=/data NUMBA_CACHE_DIR=/runs/.numba
ENV PORT=8501 BASE_PATH=""
USER lab
VOLUME ["/runs", "/data"]
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "hosting/healthy.py"]
CMD ["sh", "-c", "exec python -m pixelcnn app --port \"$PORT\" --base-path \"$BASE_PATH\""]
